#include "journal_pages.hpp"

namespace settle::ctl {

Result<Page> journal_page(const Session& session, const std::string& query) {
  Page page;
  bool broken = false;
  const auto take = [&](const std::string& line) {
    if (line.empty()) return true;
    Json record = Json::parse(line, nullptr, false);
    broken = broken || !record.is_object();
    if (broken) return false;
    if (record.contains("next")) {
      page.next = text(record, "next");
    } else {
      page.records.push_back(std::move(record));
    }
    return true;
  };
  const auto reply = stream({"GET", session.url + "/v1/journal?" + query, {}, "", session.timeout_s}, take);
  if (!reply) return reply.error();
  if (reply->status != 200) return problem_of(*reply);
  if (broken) return Error{"server", "the journal's answer is not NDJSON"};
  return page;
}

Result<std::vector<Json>> journal_of(const Session& session, const std::string& purchase) {
  constexpr std::size_t page_size = 500;
  std::vector<Json> records;
  std::string from;
  for (;;) {
    std::string query = "purchase=" + escape(purchase) + "&limit=" + std::to_string(page_size);
    if (!from.empty()) query += "&from=" + escape(from);
    auto page = journal_page(session, query);
    if (!page) return page.error();
    const std::size_t count = page->records.size();
    for (Json& record : page->records) records.push_back(std::move(record));
    if (count == 0 || page->next.empty() || page->next == from) return records;
    from = page->next;
  }
}

}  // namespace settle::ctl
