// GET /v1/journal: a page, or a stream that follows what is appended.

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>

#include "api_context.hpp"
#include "api_query.hpp"
#include "api_record.hpp"
#include "journal_cursor.hpp"
#include "json_writer.hpp"

namespace settle {
namespace {

constexpr const char* ndjson = "application/x-ndjson";
constexpr std::size_t remembered_max = 10'000;

struct JournalQuery {
  std::string cursor;
  std::optional<PurchaseId> purchase;
  bool follow = false;
  std::size_t limit = 100;
};

std::optional<Problem> read_query(std::string_view text, JournalQuery& query) {
  QueryParameters in(text, {"from", "purchase", "follow", "limit"});
  query.cursor = in.text("from", journal_cursor_max).value_or("");
  if (const auto purchase = in.text("purchase", 64)) {
    query.purchase = PurchaseId::parse(*purchase);
    if (!query.purchase) in.fail("purchase", "must be 32 lower-case hexadecimal digits");
  }
  query.follow = in.flag("follow");
  query.limit = in.number("limit", 1, 500, 100);
  return in.problem();
}

// Steps are numbers in the journal; their names are in the definition that a purchase's first record
// mentions.
class StepNames {
 public:
  explicit StepNames(const Engine& engine) : engine_(engine) {}
  void know(const PurchaseId& purchase, std::shared_ptr<const Definition> definition) {
    if (known_.size() >= remembered_max) known_.clear();
    known_[purchase] = std::move(definition);
  }
  const Definition* of(const Record& record) {
    if (const auto named = definition_named_by(record)) {
      for (const auto& definition : engine_.definitions()) {
        if (definition->name == named->name && definition->version == named->version)
          know(record.purchase, definition);
      }
    }
    const auto found = known_.find(record.purchase);
    return found == known_.end() ? nullptr : found->second.get();
  }

 private:
  const Engine& engine_;
  std::map<PurchaseId, std::shared_ptr<const Definition>> known_;
};

std::string next_line(const std::string& cursor) {
  std::string line;
  JsonWriter json(line);
  json.open_object();
  json.field("next", cursor);
  json.close_object();
  return line + "\n";
}

std::string page_lines(const JournalPage& page, StepNames& names) {
  std::string lines;
  for (const Record& record : page.records) append_record(lines, record, names.of(record));
  return lines + next_line(page.next_cursor);
}

// One who follows. It lives in its timer and in the answer's pieces; when both are gone, so is it.
class Follower : public std::enable_shared_from_this<Follower> {
 public:
  Follower(ApiContext& api, JournalQuery query, StepNames names, Responder responder)
      : api_(api),
        query_(std::move(query)),
        names_(std::move(names)),
        responder_(std::move(responder)),
        timer_(api.io) {}

  void go_on() {
    if (!responder_.open()) return;
    if (api_.stopping) return responder_.end_stream();
    const std::uint64_t appends = api_.engine.figures().journal.appends;
    if (appends == seen_appends_ && caught_up_) return wait();
    seen_appends_ = appends;
    auto page = api_.engine.journal(query_.cursor, query_.purchase, query_.limit);
    if (!page) return responder_.end_stream();
    // What is appended is not readable before it is durable: look again a few times before believing the
    // figure.
    caught_up_ = page->records.empty() && ++empty_looks_ > empty_looks_max;
    if (page->records.empty()) return wait();
    empty_looks_ = 0;
    query_.cursor = page->next_cursor;
    send(page_lines(*page, names_));
  }

 private:
  static constexpr int empty_looks_max = 5;

  void send(std::string lines) {
    silent_ = DurationMs{0};
    responder_.write(std::move(lines), [self = shared_from_this()] { self->go_on(); });
  }
  void wait() {
    silent_.count += api_.config.follow_poll.count;
    if (silent_.count >= api_.config.follow_heartbeat.count) return send(next_line(query_.cursor));
    timer_.expires_after(std::chrono::milliseconds(api_.config.follow_poll.count));
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (!error) self->go_on();
    });
  }

  ApiContext& api_;
  JournalQuery query_;
  StepNames names_;
  Responder responder_;
  boost::asio::steady_timer timer_;
  DurationMs silent_;
  std::uint64_t seen_appends_ = 0;
  int empty_looks_ = 0;
  bool caught_up_ = false;
};

void answer_journal(ApiContext& api, JournalQuery query, StepNames names, Responder responder) {
  auto page = api.engine.journal(query.cursor, query.purchase, query.limit);
  if (!page) return responder.send(problem_response(page.error()));
  std::string lines = page_lines(*page, names);
  if (!query.follow) {
    ServerResponse response = json_response(200, std::move(lines));
    response.content_type = ndjson;
    return responder.send(std::move(response));
  }
  query.cursor = page->next_cursor;
  responder.begin_stream(ndjson);
  const auto follower = std::make_shared<Follower>(api, std::move(query), std::move(names), responder);
  responder.write(std::move(lines), [follower] { follower->go_on(); });
}

}  // namespace

void read_journal(ApiContext& api, const ApiCall& call, const Responder& responder) {
  JournalQuery query;
  if (const auto problem = read_query(call.request.query, query))
    return responder.send(problem_response(*problem));
  if (!query.purchase) return answer_journal(api, std::move(query), StepNames(api.engine), responder);
  const PurchaseId id = *query.purchase;
  api.engine.show(id, [&api, id, query = std::move(query), responder](const Result<PurchaseView>& view) {
    if (!view) return responder.send(problem_response(view.error()));
    StepNames names(api.engine);
    names.know(id, view->definition);
    answer_journal(api, query, std::move(names), responder);
  });
}

}  // namespace settle
