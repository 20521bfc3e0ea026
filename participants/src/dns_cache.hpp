#pragma once
// Names to addresses, resolved off the loop and remembered shortly. Calls for the same name share one
// look-up.

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "settle/statemachine/ids.hpp"
#include "socket.hpp"

namespace settle {

using Addresses = std::shared_ptr<const std::vector<boost::asio::ip::address>>;

class DnsCache : public std::enable_shared_from_this<DnsCache> {
 public:
  using Handler = std::function<void(const ErrorCode&, const Addresses&)>;

  DnsCache(boost::asio::io_context& io, DurationMs keep_for)
      : resolver_(io.get_executor()), keep_for_(keep_for) {}

  // A literal address or a remembered one, at once; nullptr: ask by look_up.
  Addresses at_hand(const std::string& host, std::int64_t now_ms);
  // `then` is called later, once, unless the cache is stopped first.
  void look_up(const std::string& host, std::int64_t now_ms, Handler then);
  void stop();

 private:
  static constexpr std::size_t entries_max = 1024;
  struct Entry {
    Addresses addresses;
    std::int64_t until_ms = 0;
    std::vector<Handler> waiting;
  };
  void forget_old(std::int64_t now_ms);
  void resolved(const std::string& host, std::int64_t now_ms, const ErrorCode& error,
                const Addresses& addresses);

  boost::asio::ip::basic_resolver<Tcp, Executor> resolver_;
  DurationMs keep_for_;
  std::map<std::string, Entry> entries_;
};

}  // namespace settle
