#pragma once
// Content-Digest (RFC 9530): does the body that arrived match the body that was sent? It proves no origin;
// the signature does.

#include <string>
#include <string_view>

namespace settle::kit {

std::string sha256(std::string_view bytes);

// "sha-256=:BASE64:" over the body.
std::string content_digest(std::string_view body);

// Does one of the header's members name sha-256 with this body's digest? Other algorithms are skipped; a
// header without sha-256 does not match, since nothing was checked then.
bool digest_matches(std::string_view header, std::string_view body);

}  // namespace settle::kit
