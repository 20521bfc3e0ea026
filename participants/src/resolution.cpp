// What a person says that an operation answered: read as the participant's own answer would be.

#include "answer_body.hpp"
#include "sealing.hpp"
#include "settle/participants/protocol.hpp"

namespace settle {

Result<std::string> read_resolution(std::string_view result, const CallbackTarget& of,
                                    const Definition& definition, const KeyRing& keys) {
  auto read = read_result(result, {of.purchase, definition.steps[of.step], of.operation}, keys);
  if (!read) {
    const std::string& detail = read.error().detail;  // begins with a pointer below the result, or with ": "
    return Error{"invalid_field", "/result" + detail};
  }
  return std::move(read->text);
}

bool says_the_same(const std::string& stored, std::string_view plain, const CallbackTarget& of,
                   const Definition& definition, const KeyRing& keys) {
  if (stored.empty()) return plain.empty();
  const auto opened = unseal_fields(stored, seal_context(of.purchase, definition.steps[of.step]), keys);
  return opened.ok() && *opened == plain;
}

}  // namespace settle
