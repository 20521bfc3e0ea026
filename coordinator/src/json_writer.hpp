#pragma once
// Writes JSON straight into a string: answers, journal lines and logs are made by the thousand, and need no
// tree. The caller keeps the order right; commas are put by themselves.

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "settle/participants/json_text.hpp"
#include "settle/statemachine/ids.hpp"

namespace settle {

// RFC 3339 in UTC with milliseconds, for times from 0000 to 9999.
void append_time(std::string& out, TimeMs time);
std::string time_text(TimeMs time);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void open_object() { comma(), out_ += '{', first_ = true; }
  void close_object() { out_ += '}', first_ = false; }
  void open_array() { comma(), out_ += '[', first_ = true; }
  void close_array() { out_ += ']', first_ = false; }
  void key(std::string_view name) {
    comma();
    out_ += '"';
    append_json_escaped(out_, name);
    out_ += "\":";
    first_ = true;
  }
  void string(std::string_view text) {
    comma();
    out_ += '"';
    append_json_escaped(out_, text);
    out_ += '"';
  }
  void raw(std::string_view json) { comma(), out_ += json; }  // a whole JSON value
  void boolean(bool value) { raw(value ? "true" : "false"); }
  template <std::integral T>
  void number(T value) {
    comma();
    out_ += std::to_string(value);
  }
  void time(TimeMs value) {
    comma();
    out_ += '"';
    append_time(out_, value);
    out_ += '"';
  }

  void field(std::string_view name, std::string_view text) { key(name), string(text); }
  void field(std::string_view name, const char* text) { key(name), string(text); }
  void field(std::string_view name, bool value) { key(name), boolean(value); }
  void field(std::string_view name, TimeMs value) { key(name), time(value); }
  template <std::integral T>
  void field(std::string_view name, T value) {
    key(name), number(value);
  }
  // Left out when it says nothing.
  void field_if(std::string_view name, std::string_view text) {
    if (!text.empty()) field(name, text);
  }
  void field_if(std::string_view name, TimeMs value) {
    if (value) field(name, value);
  }

 private:
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  std::string& out_;
  bool first_ = true;
};

}  // namespace settle
