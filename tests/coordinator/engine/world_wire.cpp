// The wire between the engine and the services: what may leave, on which connection, and when.

#include <gtest/gtest.h>

#include <algorithm>

#include "settle/wal/codec.hpp"
#include "world_call.hpp"

namespace settle::test {

void World::send(HttpRequest request, std::function<void(HttpAnswer)> then) {
  auto call = std::make_shared<Call>();
  call->generation = generation_;
  call->purchase = *PurchaseId::parse(header(request, "Settle-Purchase"));
  call->step = header(request, "Settle-Step");
  call->operation = header(request, "Settle-Operation");
  call->attempt = std::stoi(header(request, "Settle-Attempt"));
  call->callback = header(request, "Settle-Callback");
  call->webhook_id = header(request, "webhook-id");
  const std::string epoch = header(request, "Settle-Epoch");
  call->shard = std::stoi(epoch);
  call->epoch = std::stoull(epoch.substr(epoch.find(':') + 1));
  call->request = std::move(request);
  call->then = std::move(then);
  check_licensed(*call);
  const std::string& group = call->request.group;
  if (connections.count(group) == 0) return leave(call);
  queues_[group].push_back(call);
  at(DurationMs{30'000}, [this, call] { waited_in_vain(call); });
  take_connections(group);
  queued_at_most = std::max(queued_at_most, queues_[group].size());
}

void World::take_connections(const std::string& group) {
  std::deque<CallPtr>& queue = queues_[group];
  while (!queue.empty() && out[group] < connections[group]) {
    const CallPtr call = queue.front();
    queue.pop_front();
    out_at_most[group] = std::max(out_at_most[group], ++out[group]);
    call->then = [this, group, then = call->then](const HttpAnswer& answer) {
      --out[group];
      then(answer);
      take_connections(group);
    };
    leave(call);
  }
}

void World::waited_in_vain(const CallPtr& call) {
  if (call->left || call->generation != generation_) return;
  std::deque<CallPtr>& queue = queues_[call->request.group];
  queue.erase(std::find(queue.begin(), queue.end(), call));
  ++never_left;
  HttpAnswer answer;
  answer.failure = Cause::overload;
  call->then(answer);
}

void World::leave(const CallPtr& call) {
  call->left = true;
  requests.push_back(call->request);
  sent_at.push_back(loop.now_);
  wire.push_back(call->step + ":" + call->operation + ":" + std::to_string(call->attempt));
  if (points_ + 1 == crash_point_ && leaves_) at(latency, [this, call] { arrive(call); });
  probe();
  const auto work = takes.find(call->step + ":" + call->operation);
  const DurationMs takes_ms = work == takes.end() ? DurationMs{0} : work->second;
  at(DurationMs{latency.count + takes_ms.count}, [this, call] { arrive(call); });
}

// I2, I3, I18: what leaves is in the durable log already, attempt and decision included. Read from the log
// itself.
void World::check_licensed(const Call& call) {
  auto records = journal->scan_purchase(call.purchase, 1, 10'000);
  ASSERT_TRUE(records.ok());
  ASSERT_FALSE(records->empty()) << "I3: a call left before its purchase was durable";
  const auto first = decode_event(records->front().event);
  const Definition& definition = definitions.at(std::get<Submitted>(first->what).definition_version);
  Purchase purchase;
  for (const Record& record : *records) {
    if (record.kind != RecordKind::purchase) continue;  // the engine's own about it
    const auto event = decode_event(record.event);
    const auto named = resolve(definition, policies.at(event->policies));
    ASSERT_TRUE(named.ok()) << named.error().detail;
    purchase = advance(*named, std::move(purchase), *event).purchase;
  }
  for (std::size_t i = 0; i < definition.steps.size(); ++i) {
    if (definition.steps[i].name != call.step) continue;
    const Operation ops[] = {Operation::try_, Operation::confirm, Operation::cancel, Operation::deliver,
                             Operation::query};
    for (const Operation op : ops)
      if (call.operation == settle::name_of(op)) {
        EXPECT_GE(purchase.steps[i].attempts_of(op), call.attempt)
            << "I18: attempt " << call.attempt << " of " << call.step << ":" << call.operation
            << " left uncounted";
      }
  }
  if (call.operation == "confirm") {
    EXPECT_EQ(purchase.decision, Decision::commit) << "I2";
  }
  if (call.operation == "cancel") {
    EXPECT_EQ(purchase.decision, Decision::cancel) << "I2";
  }
}

}  // namespace settle::test
