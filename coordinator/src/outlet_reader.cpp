#include "outlet_reader.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace settle {

Result<std::vector<Record>> read_on(const Journal& journal, std::vector<std::uint64_t>& next,
                                    const std::vector<std::uint64_t>& heads, std::size_t limit) {
  std::size_t talking = 0;
  for (std::size_t n = 0; n < next.size(); ++n) talking += next[n] <= heads[n] ? 1 : 0;
  if (talking == 0) return std::vector<Record>{};
  const std::size_t share = limit / talking + 1;
  // Where a shard has more than its share, what comes later than its last record must wait for the rest of
  // it.
  TimeMs whole_until{std::numeric_limits<std::int64_t>::max()};
  std::vector<Record> all;
  for (std::size_t n = 0; n < next.size(); ++n) {
    if (next[n] > heads[n]) continue;
    const Position from{ShardId{static_cast<std::uint16_t>(n)}, next[n]};
    auto records = journal.scan(from, std::min<std::size_t>(share, heads[n] - next[n] + 1));
    if (!records) return records.error();
    if (records->empty() || records->front().position.lsn != next[n])
      return Error{"damaged", "record " + from.text() + " is not there"};
    if (records->back().position.lsn < heads[n]) whole_until = std::min(whole_until, records->back().at);
    std::move(records->begin(), records->end(), std::back_inserter(all));
  }
  std::stable_sort(all.begin(), all.end(), [](const Record& a, const Record& b) { return a.at < b.at; });
  const auto later =
      std::find_if(all.begin(), all.end(), [&](const Record& record) { return record.at > whole_until; });
  all.erase(later, all.end());
  for (const Record& record : all) next[record.position.shard.number] = record.position.lsn + 1;
  return all;
}

}  // namespace settle
