// The currencies that an amount may be in: the active codes of ISO 4217 (funds, metals and test codes left
// out).

#include "api_fields.hpp"

namespace settle {
namespace {

constexpr std::string_view codes =
    "AEDAFNALLAMDANGAOAARSAUDAWGAZNBAMBBDBDTBGNBHDBIFBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCLPCNYCOPCRCCUPCVECZ"
    "KDJFDKKDOPDZDEGP"
    "ERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHTGHUFIDRILSINRIQDIRRISKJMDJODJPYKESKGSKHRKMFKPWKRWKWDKYDKZ"
    "TLAKLBPLKRLRDLSL"
    "LYDMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMYRMZNNADNGNNIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSA"
    "RSBDSCRSDGSEKSGD"
    "SHPSLESOSSRDSSPSTNSVCSYPSZLTHBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUYUUZSVEDVESVNDVUVWSTXAFXCDXCGXOFXPFYERZA"
    "RZMWZWG";
static_assert(codes.size() % 3 == 0);

}  // namespace

bool is_currency(std::string_view code) {
  if (code.size() != 3) return false;
  for (std::size_t i = 0; i < codes.size(); i += 3) {
    if (codes.substr(i, 3) == code) return true;
  }
  return false;
}

}  // namespace settle
