#pragma once
// The outlet: what happens leaves as webhooks to the receivers that are registered (docs/events.md). Its
// source is the journal: each receiver has a durable cursor, which moves once what lies before it was
// delivered, so everything leaves at least once, also over a crash. On the engine's thread, in short slices.

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "settle/coordinator/engine.hpp"
#include "settle/coordinator/loop.hpp"
#include "settle/crypto/keys.hpp"
#include "settle/participants/http_client.hpp"
#include "settle/wal/journal.hpp"

namespace settle {

struct OutletConfig {
  DurationMs look_every{100};                             // how often it looks whether something was appended
  DurationMs slice_gap{2};                                // between two slices, while it is behind
  DurationMs save_every{1'000};                           // cursors are written at most this often
  DurationMs retry_first{2'000}, retry_longest{600'000};  // between two attempts, doubling
  DurationMs alert_after{3'600'000};  // of failure; and again each time that it goes on for as long
  // How often one message is refused for what it is, or by a gateway for one phone, before it is passed over.
  std::uint32_t refusals_max = 12, phone_refusals_max = 3;
};

// How one receiver does, for /metrics.
struct ReceiverGauge {
  std::string name;
  std::uint64_t behind = 0;            // records that it was not told of yet
  std::uint64_t failed = 0, lost = 0;  // attempts in vain; messages that were given up
  DurationMs failing{0};               // for how long nothing has arrived; 0: it does not fail
};

class Outlet {
 public:
  // All outlive the outlet; those who wait are not called any more when it is gone.
  static std::unique_ptr<Outlet> create(Engine& engine, const Journal& journal, Loop& loop,
                                        HttpClient& client, boost::asio::io_context& io,
                                        std::shared_ptr<const KeyRing> keys, OutletConfig config = {});
  virtual ~Outlet() = default;

  // After Engine::recover(): reads the receivers and their cursors, notes in the journal that the daemon has
  // started, and begins. Errors: those of a document that cannot be read.
  virtual Status start() = 0;
  // Nothing leaves any more; the cursors are written.
  virtual void stop() = 0;

  // Receivers as JSON, with their figures and without secrets. Errors: not_found.
  virtual std::string list() const = 0;
  virtual Result<std::string> show(std::string_view name) const = 0;
  virtual std::vector<ReceiverGauge> gauges() const = 0;  // at most receivers_max
  struct Put {
    bool created = false;
    std::string shown;  // as by show; a secret that was made, not given, is told this once
  };
  // Durable before `then`. Errors: invalid_receiver (with the pointer), too_many_receivers, overloaded
  // (another change is being stored), journal_failed.
  virtual void put(std::string_view name, std::string_view json, Then<Put> then) = 0;
  virtual void erase(std::string_view name, Then<Done> then) = 0;  // errors also: not_found
  // Sends a message now, past cursor, rules and limits; `then` gets what came back, as JSON. Errors:
  // not_found, overloaded (one is being sent).
  virtual void test(std::string_view name, Then<std::string> then) = 0;
};

}  // namespace settle
