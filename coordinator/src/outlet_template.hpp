#pragma once
// Bodies for gateways of short messages: a template with places in double braces.

#include <string>

#include "outlet_receiver.hpp"

namespace settle {

// Why the template cannot be used; empty: it can.
std::string wrong_with_template(const SmsForm& sms);

// The body of one request. What is put in is escaped, so that nothing in it can change the body's form.
std::string filled(const SmsForm& sms, const std::string& text, const std::string& phone,
                   const std::string& secret);

// Every byte that is not an unreserved character of RFC 3986 as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace settle
