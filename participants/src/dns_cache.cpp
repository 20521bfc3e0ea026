#include "dns_cache.hpp"

namespace settle {

Addresses DnsCache::at_hand(const std::string& host, std::int64_t now_ms) {
  ErrorCode not_an_address;
  const auto literal = boost::asio::ip::make_address(host, not_an_address);
  if (!not_an_address) return std::make_shared<const std::vector<boost::asio::ip::address>>(1, literal);
  const auto found = entries_.find(host);
  if (found == entries_.end() || !found->second.addresses || found->second.until_ms <= now_ms) return nullptr;
  return found->second.addresses;
}

void DnsCache::look_up(const std::string& host, std::int64_t now_ms, Handler then) {
  if (entries_.size() >= entries_max) forget_old(now_ms);
  Entry& entry = entries_[host];
  entry.waiting.push_back(std::move(then));
  if (entry.waiting.size() > 1) return;
  using Found = boost::asio::ip::basic_resolver<Tcp, Executor>::results_type;
  resolver_.async_resolve(
      host, "", [self = weak_from_this(), host, now_ms](const ErrorCode& error, const Found& found) {
        const auto cache = self.lock();
        if (!cache) return;
        auto addresses = std::make_shared<std::vector<boost::asio::ip::address>>();
        for (const auto& one : found) addresses->push_back(one.endpoint().address());
        cache->resolved(host, now_ms, error, addresses);
      });
}

void DnsCache::resolved(const std::string& host, std::int64_t now_ms, const ErrorCode& error,
                        const Addresses& addresses) {
  const auto found = entries_.find(host);
  if (found == entries_.end()) return;
  std::vector<Handler> waiting = std::move(found->second.waiting);
  if (error || addresses->empty()) {
    entries_.erase(found);
  } else {
    found->second.waiting.clear();
    found->second.addresses = addresses;
    found->second.until_ms = now_ms + keep_for_.count;
  }
  for (const Handler& then : waiting) then(error, addresses);
}

void DnsCache::forget_old(std::int64_t now_ms) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const bool idle = at->second.waiting.empty() && at->second.until_ms <= now_ms;
    at = idle ? entries_.erase(at) : std::next(at);
  }
}

void DnsCache::stop() {
  entries_.clear();
  resolver_.cancel();
}

}  // namespace settle
