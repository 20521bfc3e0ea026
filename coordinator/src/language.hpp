#pragma once
// Which language a client wants its sentences in (RFC 9110, Accept-Language).

#include <cstdint>
#include <string_view>

namespace settle {

enum class Language : std::uint8_t { english, chinese };

// The header that marks an answer in Chinese.
inline constexpr const char* chinese_header = "Content-Language: zh-CN\r\n";

// English unless Chinese is asked for more. Looks at 1 KiB and 32 ranges at most; a range that cannot be read
// is passed over.
Language preferred_language(std::string_view accept_language);

}  // namespace settle
