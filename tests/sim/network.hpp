#pragma once
// Between the daemon and the services: production's HttpClient seam from one side, the services from the
// other. Loses the request or the answer, delays, doubles, reorders, cuts, garbles; and what was on its way
// when the daemon died still arrives, at a service or nowhere.

#include <map>
#include <memory>
#include <string>

#include "service.hpp"
#include "settle/participants/http_client.hpp"

namespace settle::sim {

struct World;

// A call as it left, read from the request's own headers.
struct Call {
  HttpRequest request;
  std::function<void(HttpAnswer)> then;
  int life = 0;  // of the daemon that sent it
  Job job;
  std::string service, callback, webhook_id;
  int shard = 0, attempt = 0;
  std::uint64_t epoch = 0;
  std::map<std::string, std::string> holds;  // what it passes on of other steps' answers
  bool answered = false;                     // the client has told the engine

  std::string text() const;  // "PURCHASE step:operation:attempt"
};
using CallPtr = std::shared_ptr<Call>;

class Network final : public HttpClient {
 public:
  explicit Network(World& world) : world_(world) {}
  void send(HttpRequest request, std::function<void(HttpAnswer)> then) override;

  // A service's report to the URL it was given; repeated until it is taken or `tries` are used up.
  void report(const CallPtr& call, const std::string& body, int tries, DurationMs wait);
  void forge_callbacks();

  // Until when nothing reaches a service, or nothing comes back from it (one-way partitions), or it is dead.
  struct Link {
    TimeMs cut_there, cut_back, dead;
    bool gone = false;                     // for good
    std::int64_t near_ms = 0, far_ms = 0;  // a way takes between these; drawn for each link
  };
  std::map<std::string, Link> links;
  bool is_down(const std::string& service) const;

 private:
  CallPtr read(HttpRequest request, std::function<void(HttpAnswer)> then);
  DurationMs way(const CallPtr& call);
  void leave(const CallPtr& call);
  bool fails_before_leaving(const CallPtr& call);
  void travel(const CallPtr& call, DurationMs wait);
  void arrive(const CallPtr& call);
  void deliver(const CallPtr& call);
  bool is_stuck(const Job& job);
  bool says_wrong(const Job& job);
  std::string wrong_word(const Job& job);
  const std::string& target_of(const Job& job) const;
  void accepted(const CallPtr& call, bool refuse);
  void answer(const CallPtr& call, int status, std::string body);
  void settle(const CallPtr& call, HttpAnswer answer);
  void fail(const CallPtr& call, Cause cause, DurationMs wait);
  Worked work(const CallPtr& call, bool refuse, const char* how);

  World& world_;
  std::set<std::pair<PurchaseId, std::string>> stuck_;
  struct Told {
    CallPtr call;
    std::string body;
  };
  std::vector<Told> old_callbacks_;  // that were taken; for stale ones
};

}  // namespace settle::sim
