#pragma once
// The outlet's inside, in files by concern: outlet.cpp (receivers come and go, figures), outlet_run.cpp
// (reading on), outlet_send.cpp (what leaves), outlet_cursor.cpp (what is kept of how far they are).

#include <boost/asio/steady_timer.hpp>
#include <map>
#include <optional>
#include <set>

#include "outlet_gather.hpp"
#include "outlet_message.hpp"
#include "settle/coordinator/outlet.hpp"

namespace settle {

// A receiver at work. A change of the receiver makes a new one, which goes on from the cursor.
struct Line {
  explicit Line(Receiver of) : receiver(std::move(of)), gatherer(receiver) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  const Receiver receiver;
  Gatherer gatherer;
  std::vector<std::uint64_t> next;  // what is read next, by shard
  std::vector<std::uint64_t> done;  // at its start: what lies before was delivered, and only counts
  TimeMs read_upto;                 // everything up to here was read
  std::uint64_t passed = 0;         // records read since the cursor was written
  bool moved = false;               // something was delivered since
  // Sending.
  bool in_flight = false, testing = false;
  std::optional<Rendered> rendered;   // of the front message, once it was tried
  std::size_t phone = 0;              // which of its requests is under way
  std::size_t arrived = 0;            // how many of them arrived
  std::uint32_t refused = 0;          // how often this request was, definitely
  std::uint32_t message_refused = 0;  // ... and the message, for what it is
  std::set<std::size_t> shy_phones;   // that a message was not taken for: the next one is tried there once
  std::uint32_t attempts = 0;         // in vain, of this request
  TimeMs retry_at, failing_since, alerted_at, last_sent_at;
  std::int64_t hour = 0;
  std::uint32_t sent_in_hour = 0;  // requests
  std::uint64_t sent = 0, events = 0, failed = 0, lost = 0;
  std::string last_error;
};

class OutletImpl final : public Outlet {
 public:
  OutletImpl(Engine& engine, const Journal& journal, Loop& loop, HttpClient& client,
             boost::asio::io_context& io, std::shared_ptr<const KeyRing> keys, OutletConfig config);

  Status start() override;
  void stop() override;
  std::string list() const override;
  Result<std::string> show(std::string_view name) const override;
  std::vector<ReceiverGauge> gauges() const override;
  void put(std::string_view name, std::string_view json, Then<Put> then) override;
  void erase(std::string_view name, Then<Done> then) override;
  void test(std::string_view name, Then<std::string> then) override;

 private:
  using LinePtr = std::shared_ptr<Line>;
  using Lines = std::map<std::string, LinePtr, std::less<>>;

  // Receivers (outlet.cpp).
  nlohmann::ordered_json shown(const Line& line) const;
  std::uint64_t behind(const Line& line) const;
  Status changeable(std::string_view name) const;
  void store(const LinePtr& line, bool created, bool tell_secret, Then<Put> then);

  // Reading (outlet_run.cpp).
  void tick_in(DurationMs wait);
  void tick();
  bool read_all(const Line& line, const std::vector<std::uint64_t>& heads) const;
  void read_if_needed();
  void slice(const std::vector<std::uint64_t>& heads, TimeMs at);
  std::vector<LinePtr> cohort(const std::vector<std::uint64_t>& heads);
  Status hand_out(const std::vector<Record>& records, const std::vector<LinePtr>& to);

  // Sending (outlet_send.cpp).
  bool may_send(Line& line);
  void send_next(const LinePtr& line);
  void answered(Line& line, const HttpAnswer& answer);
  void arrived(Line& line);
  void next_request(Line& line);
  void end_message(Line& line);
  void pass_over(Line& line, Refusal refusal);
  void alert_if_long(Line& line) const;
  void note_loss(Line& line, const OutletMessage& message, bool whole);
  void missed(Line& line, std::string error, const HttpAnswer& answer);

  // Cursors (outlet_cursor.cpp).
  std::vector<std::uint64_t> delivered_upto(const Line& line) const;  // the next LSN, by shard
  DocumentChange cursor_of(Line& line) const;
  Status load_cursor(Line& line, std::string_view stored) const;
  void save(bool all);

  Engine& engine_;
  const Journal& journal_;
  Loop& loop_;
  HttpClient& client_;
  std::shared_ptr<const KeyRing> keys_;
  OutletConfig config_;
  boost::asio::steady_timer timer_;
  Lines lines_;
  std::set<std::string, std::less<>> changing_;  // with a change not durable yet
  std::string turn_;                             // the receiver that was read for last
  bool reading_ = false;                         // waits for what it will read to be durable
  bool stopped_ = true;
  TimeMs saved_at_, read_again_at_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace settle
