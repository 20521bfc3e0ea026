#pragma once
// A request as the bytes that go onto the wire, in one buffer.

#include <string>

#include "settle/participants/http_client.hpp"
#include "settle/participants/url.hpp"

namespace settle {

// False when a header could break out of its line.
bool is_sendable(const HttpRequest& request);

// Replaces `out`, whose memory is reused.
void write_request(std::string& out, const Url& url, const HttpRequest& request);

}  // namespace settle
