#include "client_core.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "request_text.hpp"

namespace settle {
namespace {

constexpr std::size_t urls_max = 32;
constexpr std::int64_t sweep_every_ms = 5'000;
// No further URL is tried after this: with the longest wait to connect it ends before the lease of the call
// does, so that nothing leaves that the engine has given up (I8).
constexpr std::int64_t leave_within_ms = 40'000;

HttpAnswer failure(Cause cause, std::string detail) {
  HttpAnswer answer;
  answer.failure = cause;
  answer.failure_detail = std::move(detail);
  return answer;
}

}  // namespace

std::size_t Group::queued() const {
  std::size_t all = 0;
  for (const auto& queue : queues) all += queue.size();
  return all;
}

void Call::expired() {
  core->wait_over(*this);
}

ClientCore::ClientCore(boost::asio::io_context& io, ClientOptions options)
    : io_(io),
      options_(options),
      dns_(std::make_shared<DnsCache>(io, options.dns_cache)),
      ticker_(io.get_executor()) {}

std::int64_t ClientCore::now_ms() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

TlsContext& ClientCore::tls() {
  if (!tls_)
    tls_ = std::make_unique<TlsContext>();  // reads the system's authorities: only for those who need them
  return *tls_;
}

// --- calls

bool ClientCore::accept(Call& call, std::string& problem) {
  const auto& urls = call.request.urls;
  if (urls.empty() || urls.size() > urls_max) return problem = "from 1 to 32 URLs are needed", false;
  call.urls.reserve(urls.size());
  for (const std::string& text : urls) {
    const auto url = parse_url(text);
    if (!url) return problem = "not an http or https URL", false;
    call.urls.push_back(*url);
  }
  if (call.request.importance >= importances) return problem = "no such importance", false;
  if (!is_sendable(call.request)) return problem = "a header has bytes that may not be sent", false;
  return true;
}

void ClientCore::send(HttpRequest request, std::function<void(HttpAnswer)> then) {
  auto call = std::make_unique<Call>();
  call->request = std::move(request);
  call->then = std::move(then);
  call->started_ms = now_ms();
  call->leave_by_ms = call->started_ms + call->request.limits.queue_wait_max.count;
  ++calls_;
  std::string problem;
  if (closing_) return fail_later(std::move(call), Cause::overload, "the client is closing");
  if (!accept(*call, problem)) return fail_later(std::move(call), Cause::format, std::move(problem));
  auto& slot = groups_[call->request.group];
  if (!slot) slot = std::make_unique<Group>();
  Group& group = *slot;
  const std::size_t queued = group.queued();
  if (queued == 0 && try_start(group, call)) return;
  if (queued >= call->request.limits.queue_max) {
    const std::string detail = std::to_string(queued) + " calls wait already";
    return fail_later(std::move(call), Cause::overload, detail);
  }
  enqueue(group, std::move(call), false);
}

void ClientCore::fail_later(CallPtr call, Cause cause, std::string detail) {
  boost::asio::post(
      io_, [self = weak_from_this(), call = std::move(call), cause, detail = std::move(detail)]() mutable {
        const auto core = self.lock();
        if (core && !core->down_) core->fail(std::move(call), cause, std::move(detail));
      });
}

void ClientCore::fail(CallPtr call, Cause cause, std::string detail) {
  complete(std::move(call), failure(cause, std::move(detail)));
}

void ClientCore::complete(CallPtr call, HttpAnswer answer) {
  answer.took_ms =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(now_ms() - call->started_ms, 0, 0x7fffffff));
  if (answer.failure != Cause::none) ++figures_.failures[static_cast<std::size_t>(answer.failure)];
  --calls_;
  if (closing_ && calls_ == 0) finish_closing();
  if (call->reached != 0) answer.url = std::move(call->request.urls[call->reached - 1]);
  const auto then = std::move(call->then);
  call.reset();
  then(std::move(answer));
}

void ClientCore::enqueue(Group& group, CallPtr call, bool in_front) {
  Call& waiting = *call;
  waiting.core = this;
  waiting.group = &group;
  auto& queue = group.queues[waiting.request.importance];
  waiting.place = queue.insert(in_front ? queue.begin() : queue.end(), std::move(call));
  arm(waiting, DurationMs{waiting.leave_by_ms - now_ms()});
}

void ClientCore::wait_over(Call& waiting) {
  CallPtr call = std::move(*waiting.place);
  waiting.group->queues[call->request.importance].erase(waiting.place);
  fail(std::move(call), Cause::overload, "no connection became free in time");
}

// --- connections

std::size_t ClientCore::choose_url(Group& group, const Call& call) {
  std::size_t second_best = call.urls.size();
  for (std::size_t i = 0; i < call.urls.size(); ++i) {
    if (((call.tried >> i) & 1U) != 0) continue;
    const std::int64_t avoid_until_ms = endpoint_of(group, call.urls[i]).avoid_until_ms;
    if (avoid_until_ms == 0 || avoid_until_ms <= now_ms()) return i;
    if (second_best == call.urls.size()) second_best = i;
  }
  return second_best;
}

Endpoint& ClientCore::endpoint_of(Group& group, const Url& url) {
  for (const auto& endpoint : group.endpoints) {
    if (endpoint->port == url.port && endpoint->host == url.host && endpoint->https == url.https)
      return *endpoint;
  }
  group.endpoints.push_back(std::make_unique<Endpoint>());
  Endpoint& endpoint = *group.endpoints.back();
  endpoint.https = url.https;
  endpoint.host = url.host;
  endpoint.port = url.port;
  return endpoint;
}

bool ClientCore::try_start(Group& group, CallPtr& call) {
  call->url_at = choose_url(group, *call);
  SETTLE_CHECK(call->url_at < call->urls.size());
  Endpoint& endpoint = endpoint_of(group, call->urls[call->url_at]);
  while (!endpoint.idle.empty()) {
    const ConnectionPtr connection = endpoint.idle.back();
    if (connection->is_clean()) {
      endpoint.idle.pop_back();
      ++figures_.reused;
      call->reached = call->url_at + 1;
      connection->carry(std::move(call));
      return true;
    }
    remove(*connection);
  }
  if (group.connections.size() >= call->request.limits.connections_max && !make_room(group)) return false;
  const ConnectionPtr connection(new Connection(*this, group, endpoint));
  connection->index = group.connections.size();
  group.connections.push_back(connection);
  ++endpoint.connections;
  call->reached = call->url_at + 1;
  connection->open(std::move(call));
  return true;
}

// Gives up an idle connection to another endpoint of the group.
bool ClientCore::make_room(Group& group) {
  for (const auto& endpoint : group.endpoints) {
    if (endpoint->idle.empty()) continue;
    remove(*endpoint->idle.front());
    return true;
  }
  return false;
}

void ClientCore::remove(Connection& connection) {
  const ConnectionPtr keep(&connection);
  Group& group = connection.group();
  Endpoint& endpoint = connection.endpoint();
  connection.close();
  const auto idle = std::find(endpoint.idle.begin(), endpoint.idle.end(), &connection);
  if (idle != endpoint.idle.end()) endpoint.idle.erase(idle);
  --endpoint.connections;
  group.connections.back()->index = connection.index;
  std::swap(group.connections[connection.index], group.connections.back());
  group.connections.pop_back();
}

void ClientCore::lost(Connection& connection) {
  Group& group = connection.group();
  remove(connection);
  pump(group);
}

void ClientCore::became_idle(Connection& connection) {
  const ConnectionPtr keep(&connection);
  Group& group = connection.group();
  connection.endpoint().idle.push_back(&connection);
  pump(group);
  if (connection.phase() != Connection::Phase::idle) return;
  if (closing_) return remove(connection);
  connection.watch_idle();
}

void ClientCore::pump(Group& group) {
  for (auto& queue : group.queues) {
    while (!queue.empty()) {
      const auto place = queue.begin();
      Call& head = **place;
      if (!try_start(group, *place)) return;
      disarm(head);  // a connection has it now, and its own deadline
      queue.erase(place);
    }
  }
}

void ClientCore::not_connected(Connection& from, CallPtr call, Cause cause, std::string detail) {
  Group& group = from.group();
  from.endpoint().avoid_until_ms = now_ms() + options_.avoid_for.count;
  remove(from);
  call->tried |= 1U << call->url_at;
  const std::uint32_t all = static_cast<std::uint32_t>((std::uint64_t{1} << call->urls.size()) - 1);
  const bool in_time = now_ms() - call->started_ms < leave_within_ms;
  const bool more = cause != Cause::overload && call->tried != all && in_time;
  if (more && !try_start(group, call)) enqueue(group, std::move(call), true);
  pump(group);
  if (!more) fail(std::move(call), cause, std::move(detail));
}

// --- time

void ClientCore::arm(DeadlineWheel::Timer& timer, DurationMs after) {
  wheel_.arm(timer, now_ms(), after.count);
  if (!ticking_) tick_later();
}

void ClientCore::tick_later() {
  ticking_ = true;
  ticker_.expires_after(std::chrono::milliseconds(DeadlineWheel::tick_ms));
  ticker_.async_wait([self = weak_from_this()](const ErrorCode& error) {
    const auto core = self.lock();
    if (error || !core || core->down_) return;
    core->ticking_ = false;
    core->wheel_.advance(now_ms());
    core->sweep();
    if (!core->down_ && !core->ticking_ && core->wheel_.armed() != 0) core->tick_later();
  });
}

// Groups nobody uses are forgotten: there may be as many as there are merchants.
void ClientCore::sweep() {
  if (down_ || now_ms() < sweep_at_ms_) return;
  sweep_at_ms_ = now_ms() + sweep_every_ms;
  for (auto at = groups_.begin(); at != groups_.end();) {
    Group& group = *at->second;
    const bool unused = group.connections.empty() && group.queued() == 0;
    if (!unused) {
      auto& endpoints = group.endpoints;
      const auto left = [](const auto& one) {
        return one->connections == 0 && one->avoid_until_ms <= now_ms();
      };
      endpoints.erase(std::remove_if(endpoints.begin(), endpoints.end(), left), endpoints.end());
    }
    at = unused ? groups_.erase(at) : std::next(at);
  }
}

// --- the end

void ClientCore::close(std::function<void()> done) {
  closing_ = true;
  closed_ = std::move(done);
  drop_idle();
  if (calls_ == 0) finish_closing();
}

void ClientCore::drop_idle() {
  for (const auto& [name, group] : groups_) {
    for (const auto& endpoint : group->endpoints) {
      while (!endpoint->idle.empty()) remove(*endpoint->idle.back());
    }
  }
}

void ClientCore::finish_closing() {
  drop_idle();
  if (!closed_) return;
  boost::asio::post(io_, [done = std::exchange(closed_, nullptr)] { done(); });
}

void ClientCore::shut_down() {
  down_ = true;
  closing_ = true;
  ticker_.cancel();
  dns_->stop();
  for (const auto& [name, group] : groups_) {
    for (const ConnectionPtr& connection : group->connections) connection->close();
  }
  groups_.clear();
}

ClientLoad ClientCore::load() const {
  ClientLoad load;
  for (const auto& [name, group] : groups_) {
    const std::uint64_t queued = group->queued();
    load.queued += queued;
    load.queued_longest = std::max(load.queued_longest, queued);
    load.connections += group->connections.size();
  }
  return load;
}

std::size_t ClientCore::connections(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? 0 : found->second->connections.size();
}

}  // namespace settle
