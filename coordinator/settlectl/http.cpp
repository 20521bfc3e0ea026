// cpprestsdk's client, kept in this one file.

#include "http.hpp"

#include <cpprest/containerstream.h>
#include <cpprest/http_client.h>
#include <cpprest/producerconsumerstream.h>

#include <algorithm>
#include <cctype>
#include <chrono>

namespace settle::ctl {

namespace {

namespace http = web::http;

http::http_response request(const HttpCall& call) {
  const web::uri target(call.url);
  http::client::http_client_config config;
  config.set_timeout(std::chrono::seconds(call.timeout_s));
  http::client::http_client client(target.authority(), config);
  http::http_request message(call.method);
  message.set_request_uri(target.resource());
  if (!call.body.empty()) message.set_body(call.body, "application/json");
  for (const auto& [name, value] : call.headers) {
    message.headers().remove(name);  // set_body has put a Content-Type there already
    message.headers().add(name, value);
  }
  return client.request(message).get();
}

HttpReply head_of(const http::http_response& response) {
  HttpReply reply;
  reply.status = response.status_code();
  for (const auto& [name, value] : response.headers()) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    reply.headers[lower] = value;
  }
  return reply;
}

// The body as it is, whatever it calls itself.
std::string body_of(const http::http_response& response) {
  const std::vector<unsigned char> bytes = response.extract_vector().get();
  return {bytes.begin(), bytes.end()};
}

Error unreachable(const HttpCall& call, const std::exception& error) {
  const web::uri target(call.url);
  return {"unreachable",
          "cannot reach " + target.host() + ":" + std::to_string(target.port()) + ": " + error.what()};
}

Status check(const HttpCall& call) {
  const bool web = call.url.rfind("http://", 0) == 0 || call.url.rfind("https://", 0) == 0;
  if (!web || !web::uri::validate(call.url) || web::uri(call.url).host().empty())
    return Error{"usage", "\"" + call.url + "\" is not an http or https URL"};
  return ok();
}

// Lines from the body while they come; false when `line` had enough.
void read_lines(const http::http_response& response, const std::function<bool(const std::string&)>& line) {
  const auto body = response.body();
  bool wanted = true;
  while (wanted && !body.is_eof()) {
    concurrency::streams::container_buffer<std::string> buffer;
    const std::size_t count = body.read_line(buffer).get();
    if (count == 0 && body.is_eof()) break;
    wanted = line(buffer.collection());
  }
}

}  // namespace

Result<HttpReply> send(const HttpCall& call) {
  if (Status good = check(call); !good) return good.error();
  try {
    const http::http_response response = request(call);
    HttpReply reply = head_of(response);
    reply.body = body_of(response);
    return reply;
  } catch (const std::exception& error) {  // cpprestsdk reports every failure to connect or to read so
    return unreachable(call, error);
  }
}

Result<HttpReply> stream(const HttpCall& call, const std::function<bool(const std::string&)>& line) {
  if (Status good = check(call); !good) return good.error();
  try {
    const http::http_response response = request(call);
    HttpReply reply = head_of(response);
    if (reply.status != 200) {
      reply.body = body_of(response);
    } else {
      read_lines(response, line);
    }
    return reply;
  } catch (const std::exception& error) {
    return unreachable(call, error);
  }
}

}  // namespace settle::ctl
