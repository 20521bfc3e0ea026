#pragma once
// What several targets check of texts.

#include <string_view>

#include "settle/participants/json_text.hpp"

namespace settle::fuzz {

inline bool is_utf8_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_sequence_length(text, i);
    if (length == 0) return false;
    i += length;
  }
  return true;
}

}  // namespace settle::fuzz
