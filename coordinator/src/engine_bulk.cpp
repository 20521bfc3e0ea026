// Bulk acts: one act on many dead letters, in slices, so that new purchases keep their turn. What a slice has
// in hand is written down before the first of its acts; a restart looks into each purchase's own journal for
// what was done, and goes on with the rest. The cursor only moves on: nobody is acted on twice.

#include <nlohmann/json.hpp>

#include "engine_impl.hpp"
#include "settle/coordinator/log.hpp"
#include "settle/wal/codec.hpp"

namespace settle {
namespace {

constexpr std::size_t slice_purchases = 25, slice_looks = 500;
constexpr std::size_t id_digits = 8;

std::string id_after(const std::set<std::string>& ids) {
  const std::uint64_t number = ids.empty() ? 1 : std::stoull(*ids.rbegin()) + 1;
  std::string text = std::to_string(number);
  return std::string(id_digits - std::min(id_digits, text.size()), '0') + text;
}

// Trouble of ours, which may be over next time; everything else is the purchase's own no.
bool is_failure(const std::string& code) {
  static constexpr std::string_view codes[] = {
      "journal_failed", "failed", "fenced", "io", "damaged", "stopping", "paused", "overloaded", "too_large"};
  return std::find(std::begin(codes), std::end(codes), code) != std::end(codes);
}

// Whether a record is the very act that a bulk act makes on this step.
class IsOwn {
 public:
  IsOwn(const BulkOrder& order, int step, const PurchaseId& successor)
      : order_(order), step_(step), successor_(successor) {}
  bool operator()(const RetryRequested& e) const { return is(Deed::retry, e) && e.step == step_; }
  bool operator()(const ResolveRequested& e) const { return is(Deed::resolve, e) && e.step == step_; }
  bool operator()(const Proposed& e) const { return is(Deed::resolve, e) && e.step == step_; }
  // Only if it stands: the link to a successor that a crash cut off was taken back.
  bool operator()(const Reopened& e) const {
    return is(Deed::reopen, e) && !e.successor.is_zero() && e.successor == successor_;
  }
  bool operator()(const CancelRequested& e) const { return is(Deed::cancel, e); }
  bool operator()(const Assigned& e) const { return is(Deed::assign, e); }
  bool operator()(const Noted& e) const {
    return order_.deed == Deed::note && e.who == order_.act.who && e.text == order_.text;
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }

 private:
  template <class E>
  bool is(Deed deed, const E& e) const {
    return order_.deed == deed && e.who == order_.act.who && e.why == order_.act.why;
  }
  const BulkOrder& order_;
  int step_;
  PurchaseId successor_;
};

// A resolve that moved nothing yet has left a proposal with its step.
BulkOutcome outcome_of(Deed deed, const BulkTarget& target, const PurchaseView& view) {
  for (std::size_t i = 0; i < view.purchase.steps.size(); ++i)
    if (deed == Deed::resolve && view.definition->steps[i].name == target.step &&
        !view.purchase.steps[i].proposed_by.empty())
      return BulkOutcome::proposed;
  return BulkOutcome::done;
}

}  // namespace

void EngineImpl::begin_bulk(BulkOrder order, Then<BulkReport> then) {
  if (failed_) return then(*failed_);
  if (stopping_) return then(Error{"stopping", "settled is stopping"});
  if (bulk_) {
    Error running{"bulk_act_running", "bulk act " + bulk_->report.id + " is under way; one at a time"};
    if (!(durable_ < bulk_ticket_)) return then(std::move(running));
    return after(bulk_ticket_, [running, then = std::move(then)](const Status& status) {
      then(status.ok() ? running : status.error());
    });
  }
  bulk_.emplace();
  BulkReport& report = bulk_->report;
  report.id = id_after(bulk_ids_);
  report.order = std::move(order);
  report.order.act.why += " (bulk act " + report.id + ")";
  report.started_at = now();
  bulk_ids_.insert(report.id);
  keep_bulk("bulk_act_begun", [this, then = std::move(then)](const Status& status) {
    if (!status.ok()) return then(status.error());
    then(bulk_->report);
    bulk_slice();
  });
}

Result<BulkReport> EngineImpl::bulk_report(std::string_view id) const {
  if (bulk_ && bulk_->report.id == id) {
    BulkReport report = bulk_->report;
    report.finished_at = TimeMs{};  // told once that is durable; then it is read from there
    return report;
  }
  if (bulk_ids_.count(std::string(id)) == 0) return Error{"not_found", "there is no such bulk act"};
  Result<std::optional<std::string>> stored = journal_.document(ShardId{0}, bulk_kind, id);
  if (!stored) return stored.error();
  if (!stored->has_value()) return Error{"not_found", "there is no such bulk act"};
  Result<BulkJob> job = load_bulk_job(**stored);
  if (!job) return job.error();
  return std::move(job->report);
}

Result<std::vector<BulkReport>> EngineImpl::bulk_reports(std::size_t limit) const {
  std::vector<BulkReport> reports;
  for (auto id = bulk_ids_.rbegin(); id != bulk_ids_.rend() && reports.size() < limit; ++id) {
    Result<BulkReport> report = bulk_report(*id);
    if (!report) return report.error();
    reports.push_back(std::move(*report));
  }
  return reports;
}

// What is in hand comes to its end; nothing more is taken. A restart remembers.
void EngineImpl::stop_bulk(std::string_view id, Act act, Then<BulkReport> then) {
  if (failed_) return then(*failed_);
  const Result<BulkReport> report = bulk_report(id);
  if (!report) return then(report.error());
  const bool over = !bulk_ || bulk_->report.id != id || bulk_->report.finished_at;
  const auto told = [this, over, id = std::string(id), then = std::move(then)](const Status& status) {
    if (!status.ok()) return then(status.error());
    over ? then(Error{"state_forbids", "bulk act " + id + " is over already"}) : then(bulk_report(id));
  };
  if (over || !report->stopped.who.empty())
    return durable_ < bulk_ticket_ ? after(bulk_ticket_, told) : told(ok());
  bulk_->report.stopped = std::move(act);
  keep_bulk("bulk_act_stopped", told);
}

// Only the newest can be unfinished. Gone on with by resume_all.
Status EngineImpl::load_bulk_acts() {
  Result<std::vector<Document>> documents = journal_.documents(ShardId{0}, bulk_kind);
  if (!documents) return documents.error();
  for (const Document& document : *documents) bulk_ids_.insert(document.key);
  if (documents->empty()) return ok();
  Result<BulkJob> job = load_bulk_job(documents->back().value);
  if (!job) return job.error();
  if (!job->report.finished_at) bulk_ = std::move(*job);
  return ok();
}

void EngineImpl::resume_bulk() {
  if (!bulk_) return;
  ++bulk_->report.resumed;
  bulk_->after_restart = true;
  keep_bulk("bulk_act_resumed", [](const Status&) {});
  bulk_->in_hand.empty() ? bulk_slice() : act_in_bulk();
}

void EngineImpl::keep_bulk(const char* event, OnDurable then) {
  const BulkReport& report = bulk_->report;
  Append record;
  record.shard = ShardId{0};
  record.kind = RecordKind::operation;
  record.at = now();
  nlohmann::json said{{"event", event},
                      {"id", report.id},
                      {"act", name_of(report.order.deed)},
                      {"who", report.order.act.who},
                      {"why", report.order.act.why},
                      {"matched", report.matched},
                      {"done", report.done},
                      {"proposed", report.proposed},
                      {"refused", report.refused},
                      {"failed", report.failed}};
  if (!report.stopped.who.empty())
    said.update({{"stopped_by", report.stopped.who}, {"stopped_why", report.stopped.why}});
  record.event = said.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  record.documents.push_back({bulk_kind, report.id, stored_bulk_job(*bulk_)});
  while (bulk_ids_.size() > bulk_acts_kept) {
    record.documents.push_back({bulk_kind, *bulk_ids_.begin(), std::nullopt});
    bulk_ids_.erase(bulk_ids_.begin());
  }
  Result<Appended> appended = append(std::move(record));
  if (!appended) return then(Error{"journal_failed", appended.error().detail});
  bulk_ticket_ = appended->ticket;
  after(appended->ticket, std::move(then));
}

void EngineImpl::bulk_slice() {
  if (!bulk_ || failed_ || stopping_ || bulk_->report.finished_at) return;
  const BulkReport& report = bulk_->report;
  const bool stopped = !report.stopped.who.empty();
  if (stopped || bulk_->last || report.matched >= report.order.targets_max) return end_bulk();
  ListQuery query = report.order.letters;
  query.cursor = bulk_->cursor;
  query.limit = slice_purchases;
  query.look_at_max = slice_looks;
  list(std::move(query), [this](const Result<ListPage>& page) {
    if (page) return take_bulk_slice(*page);
    count_bulk(BulkTarget{}, page.error());
    end_bulk();
  });
}

void EngineImpl::take_bulk_slice(const ListPage& page) {
  BulkJob& job = *bulk_;
  job.cursor = page.next_cursor;
  job.last = page.next_cursor.empty();
  job.after_restart = false;
  job.report.unreadable += page.unreadable;
  job.in_hand = bulk_targets(job.report.order, page);
  const std::uint64_t room = job.report.order.targets_max - job.report.matched;
  if (job.in_hand.size() > room) job.in_hand.resize(static_cast<std::size_t>(room));
  job.report.matched += job.in_hand.size();
  if (job.in_hand.empty()) return post([this] { bulk_slice(); });
  // Appends are durable in order: no act can survive a crash that this does not.
  keep_bulk("bulk_act_slice", [](const Status&) {});
  act_in_bulk();
}

void EngineImpl::act_in_bulk() {
  const std::vector<BulkTarget> targets = bulk_->in_hand;  // an answer may come at once, and change it
  bulk_->open = targets.size();
  for (const BulkTarget& target : targets) do_bulk_target(target);
  set_alarm();
}

void EngineImpl::do_bulk_target(const BulkTarget& target) {
  const BulkOrder& order = bulk_->report.order;
  if (bulk_->after_restart) {
    const Result<BulkOutcome> before = done_before_the_crash(target);
    if (!before || *before != BulkOutcome::none) return bulk_answered(target, before);
  }
  if (Status still = still_a_target(order, target); !still) return bulk_answered(target, still.error());
  const auto then = [this, target, deed = order.deed](const Result<PurchaseView>& view) {
    bulk_answered(target, view ? Result<BulkOutcome>(outcome_of(deed, target, *view)) : view.error());
  };
  switch (order.deed) {
    case Deed::retry:
      return retry(target.purchase, order.act, target.step, true, then);
    case Deed::resolve:
      return resolve(target.purchase, order.act, target.step, order.resolution, then);
    case Deed::reopen:
      return reopen(target.purchase, order.act, then);
    case Deed::cancel:
      return cancel(target.purchase, order.act, then);
    case Deed::assign:
      return assign(target.purchase, order.act, order.to, then);
    case Deed::note:
      return note(target.purchase, order.act.who, order.text, then);
  }
}

// It may have gone on by itself since it was listed: then it is not what the order is about.
Status EngineImpl::still_a_target(const BulkOrder& order, const BulkTarget& target) {
  Result<Live*> found = find(target.purchase);
  if (!found) return found.error();
  if (*found == nullptr) return Error{"not_found", "there is no such purchase"};
  const Definition& definition = *(*found)->definition;
  const Purchase& purchase = (*found)->purchase;
  bool still = false;
  if (order.deed == Deed::reopen) {
    still = matches(order.letters, definition, purchase, now());
  } else {
    const std::vector<int> letters = dead_letters(order.letters, definition, purchase, now());
    const int step = target.step.empty() ? of_decision : step_number(definition, target.step);
    still = std::find(letters.begin(), letters.end(), step) != letters.end();
  }
  let_go(target.purchase);
  if (still) return ok();
  return Error{"state_forbids", "it went on meanwhile, and is no longer among those asked for"};
}

Result<BulkOutcome> EngineImpl::done_before_the_crash(const BulkTarget& target) {
  Result<Live*> found = find(target.purchase);
  if (!found) return found.error();
  if (*found == nullptr) return BulkOutcome::none;
  const Live& live = **found;
  const bool touched = live.purchase.revision != target.revision;
  const IsOwn own(bulk_->report.order, step_number(*live.definition, target.step), live.purchase.successor);
  let_go(target.purchase);
  if (!touched) return BulkOutcome::none;
  constexpr std::size_t page = 200;
  std::uint64_t next = 1;
  for (;;) {
    Result<std::vector<Record>> records = journal_.scan_purchase(target.purchase, next, page);
    if (!records) return records.error();
    for (const Record& record : *records) {
      next = record.position.lsn + 1;
      if (record.kind != RecordKind::purchase || record.at < bulk_->report.started_at) continue;
      const Result<Event> event = decode_event(record.event);
      if (event && std::visit(own, event->what))
        return std::holds_alternative<Proposed>(event->what) ? BulkOutcome::proposed : BulkOutcome::done;
    }
    if (records->size() < page) return BulkOutcome::none;
  }
}

void EngineImpl::count_bulk(const BulkTarget& target, const Result<BulkOutcome>& outcome) {
  BulkReport& report = bulk_->report;
  if (outcome) {
    ++(*outcome == BulkOutcome::proposed ? report.proposed : report.done);
    return;
  }
  const Error& error = outcome.error();
  is_failure(error.code) ? ++report.failed : ++report.refused;
  if (report.refusals.size() < bulk_refusals_kept)
    report.refusals.push_back({target.purchase, target.step, error.code, error.detail});
}

void EngineImpl::bulk_answered(const BulkTarget& target, const Result<BulkOutcome>& outcome) {
  // What the journal could not take is not over: the next start goes on with it.
  if (failed_) return;
  count_bulk(target, outcome);
  if (--bulk_->open > 0) return;
  bulk_->in_hand.clear();
  post([this] { bulk_slice(); });
}

void EngineImpl::end_bulk() {
  bulk_->report.finished_at = now();
  const BulkReport& report = bulk_->report;
  log_info("a bulk act is over", {{"id", report.id},
                                  {"matched", report.matched},
                                  {"done", report.done},
                                  {"proposed", report.proposed},
                                  {"refused", report.refused},
                                  {"failed", report.failed}});
  keep_bulk("bulk_act_finished", [this](const Status& status) {
    if (status.ok()) bulk_.reset();
  });
}

}  // namespace settle
