#include "answer_parser.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <optional>

namespace settle {
namespace {

namespace http = boost::beast::http;
using ErrorCode = boost::beast::error_code;
using View = boost::beast::string_view;

constexpr std::size_t last_chunk_bytes_min = 5;

class Parser final : public http::basic_parser<false> {
 public:
  explicit Parser(HttpAnswer& answer) : answer_(answer) {
    header_limit(answer_header_bytes_max);
    body_limit(answer_body_bytes_max);
    eager(true);
  }

 private:
  void on_request_impl(http::verb /*method*/, View /*name*/, View /*target*/, int /*version*/,
                       ErrorCode& /*error*/) override {}
  void on_response_impl(int code, View /*reason*/, int /*version*/, ErrorCode& error) override {
    answer_.status = code;
    error = {};
  }
  void on_field_impl(http::field field, View name, View value, ErrorCode& error) override {
    error = {};
    if (header_read_) return;  // a trailer says nothing that we would believe
    if (field == http::field::content_type) return first(answer_.content_type, value);
    if (field == http::field::retry_after) return first(answer_.retry_after, value);
    if (boost::beast::iequals(name, "Content-Digest")) joined(answer_.content_digest, value);
  }
  void on_header_impl(ErrorCode& error) override {
    header_read_ = true;
    error = {};
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& error) override {
    error = {};
    // Beast 1.74 finds this out too, but forgets it when bytes of the body stand in the same buffer.
    if (length && *length > answer_body_bytes_max) {
      error = http::error::body_limit;
    } else if (length) {
      answer_.body.reserve(*length);
    }
  }
  std::size_t on_body_impl(View body, ErrorCode& error) override {
    error = {};
    if (body.size() > answer_body_bytes_max - answer_.body.size()) return error = http::error::body_limit, 0;
    answer_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t /*size*/, View /*extensions*/, ErrorCode& error) override {
    error = {};
  }
  std::size_t on_chunk_body_impl(std::uint64_t /*remain*/, View body, ErrorCode& error) override {
    return on_body_impl(body, error);
  }
  void on_finish_impl(ErrorCode& error) override { error = {}; }

  static void first(std::string& into, View value) {
    if (into.empty()) into.assign(value.data(), value.size());
  }
  static void joined(std::string& into, View value) {
    if (!into.empty()) into += ", ";
    into.append(value.data(), value.size());
  }

  HttpAnswer& answer_;
  bool header_read_ = false;
};

}  // namespace

struct AnswerParser::Impl {
  HttpAnswer answer;
  std::optional<Parser> parser;
  std::string problem;

  State ended() {
    if (answer.status == 101) return problem = "an upgrade nobody asked for", State::broken;
    return answer.status / 100 == 1 ? State::interim : State::done;
  }
  State failed(const ErrorCode& error) {
    problem = error.message();
    const bool large = error == http::error::header_limit || error == http::error::body_limit;
    return large ? State::too_large : State::broken;
  }
};

AnswerParser::AnswerParser() : impl_(std::make_unique<Impl>()) {
  reset();
}
AnswerParser::~AnswerParser() = default;

void AnswerParser::reset() {
  impl_->answer = HttpAnswer{};
  impl_->parser.emplace(impl_->answer);
}

AnswerParser::State AnswerParser::feed(std::string_view bytes, std::size_t& used) {
  // A chunked body ends in no less than "0\r\n\r\n". Beast 1.74 stops the process when it is given the
  // beginning of it for a second time.
  used = 0;
  const bool chunked = impl_->parser->is_header_done() && impl_->parser->chunked();
  if (chunked && bytes.size() < last_chunk_bytes_min && bytes.substr(0, 1) == "0") return State::more;
  ErrorCode error;
  used = impl_->parser->put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error && error != http::error::need_more) return impl_->failed(error);
  return impl_->parser->is_done() ? impl_->ended() : State::more;
}

AnswerParser::State AnswerParser::finish() {
  ErrorCode error;
  impl_->parser->put_eof(error);
  if (error) return impl_->failed(error);
  return impl_->parser->is_done() ? impl_->ended() : State::broken;
}

bool AnswerParser::has_started() const {
  return impl_->parser->got_some();
}

bool AnswerParser::keep_alive() const {
  return impl_->parser->keep_alive() && !impl_->parser->need_eof();
}

void AnswerParser::take(HttpAnswer& into) {
  into = std::move(impl_->answer);
}

const std::string& AnswerParser::problem() const {
  return impl_->problem;
}

}  // namespace settle
