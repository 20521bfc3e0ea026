// A registration names another address or secret: what is with people since the old one was wrong is tried
// again, with no human act. In slices, so that new purchases keep their turn; a document says that it is
// under way, from the very record of the change on, so that a crash loses nothing.

#include <charconv>

#include "engine_impl.hpp"
#include "lanes.hpp"
#include "settle/coordinator/log.hpp"

namespace settle {
namespace {

constexpr const char* moved_kind = "moved";
constexpr std::size_t slice_purchases = 50;
constexpr DurationMs between_slices{20};

// What a repetition could not help, as long as address and secret were what they were. A contradiction is a
// person's to sort out, wherever it came from.
bool blames_registration(Cause cause) {
  return cause == Cause::bad_status || cause == Cause::signature_refused || cause == Cause::unregistered;
}

}  // namespace

DocumentChange EngineImpl::moved_document(const std::string& target, TimeMs at) {
  return DocumentChange{moved_kind, target, std::to_string(at.count)};
}

void EngineImpl::registration_changed(const std::string& target, Change change) {
  if (change == Change::none) return;
  enable_changed(target, change);
  begin_moved(target, now());
  set_alarm();
}

Status EngineImpl::load_moved(const Document& document) {
  std::int64_t at = 0;
  const char* const end = document.value.data() + document.value.size();
  const auto read = std::from_chars(document.value.data(), end, at);
  if (read.ec != std::errc() || read.ptr != end || at <= 0) return Error{"damaged", "it names no time"};
  moved_[document.key].at = TimeMs{at};
  return ok();
}

// From the beginning: what was tried again before the crash, and is parked once more, is so for a reason that
// is younger than the change.
void EngineImpl::resume_moved() {
  const std::map<std::string, Moved> all = std::exchange(moved_, {});
  for (const auto& [target, moved] : all) begin_moved(target, moved.at);
}

void EngineImpl::begin_moved(const std::string& target, TimeMs at) {
  Moved& moved = moved_[target] = Moved{at, {}, std::nullopt};
  for (const auto& [id, live] : live_)
    if (needs_person(live->purchase)) moved.in_memory.push_back(id);
  moved_at_ = now() + between_slices;
}

void EngineImpl::moved_slice() {
  moved_at_ = TimeMs{};
  if (moved_.empty()) return;
  moved_at_ = now() + between_slices;
  const std::string target = moved_.begin()->first;
  Moved& moved = moved_.begin()->second;
  for (const PurchaseId& id : std::exchange(moved.in_memory, {})) retry_moved(target, moved.at, id);
  const auto entries = journal_.index("person", "", moved.before, slice_purchases);
  if (!entries) return fail(entries.error());
  for (const Journal::IndexEntry& entry : *entries) {
    moved.before = entry;
    retry_moved(target, moved.at, entry.purchase);
  }
  if (entries->size() == slice_purchases || failed_) return;
  moved_.erase(target);
  put_document(RecordKind::engine, R"({"event":"moved_retried"})",
               DocumentChange{moved_kind, target, std::nullopt}, [](const Status&) {});
}

void EngineImpl::retry_moved(const std::string& target, TimeMs at, const PurchaseId& id) {
  if (unreadable_.count(id) != 0) return;
  Result<Live*> found = find(id);
  if (!found && found.error().code == "damaged") tell_unreadable(id, found.error());
  if (!found || *found == nullptr) return;
  std::vector<std::string> steps;
  for (std::size_t i = 0; i < (*found)->purchase.steps.size(); ++i) {
    const Step& step = (*found)->purchase.steps[i];
    const EndpointKey endpoint = endpoint_of_call(**found, static_cast<std::uint8_t>(i), step.operation);
    // Before the decision a retry would also put off its deadline: nobody asked for that.
    if ((*found)->purchase.decision != Decision::none && step.state == StepState::parked && waits(step) &&
        step.last_attempt_at <= at && endpoint.target == target && blames_registration(step.last_cause))
      steps.push_back((*found)->definition->steps[i].name);
  }
  let_go(id);
  for (const std::string& step : steps)
    retry(id, Act{"registry", "the registration of its target has changed"}, step, true,
          [](const Result<PurchaseView>&) {});
}

}  // namespace settle
