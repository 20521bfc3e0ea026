#pragma once
// Beast's parser, made to keep of an answer only what an HttpAnswer holds. Beast stays behind this header.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "settle/participants/http_client.hpp"

namespace settle {

class AnswerParser {
 public:
  enum class State {
    more,       // give it more bytes
    done,       // a whole answer is there
    interim,    // a 1xx was there; reset and go on
    broken,     // no HTTP answer
    too_large,  // beyond answer_header_bytes_max or answer_body_bytes_max, found out before anything was kept
  };

  AnswerParser();
  ~AnswerParser();
  void reset();

  // Takes bytes from the front of `bytes`; those not in `used` must be given again, with more behind them.
  State feed(std::string_view bytes, std::size_t& used);
  // The other side will send no more: done when that is how this answer ends, else broken (cut short).
  State finish();
  bool has_started() const;

  // After done.
  bool keep_alive() const;
  // Moves status, headers and body out.
  void take(HttpAnswer& into);
  // For people, after broken.
  const std::string& problem() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace settle
