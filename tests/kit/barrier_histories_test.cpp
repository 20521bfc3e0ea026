// 10,000 random histories of calls, duplicate, reordered, late and failing, against a model that knows
// nothing of fences.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "support.hpp"

namespace settle::kit::test {
namespace {

// What section 5 promises about one step, written down again from the protocol's text.
struct Step {
  enum class Try { none, held, refused, fenced } tried = Try::none;
  bool confirmed = false;
  bool cancelled = false;
  std::string try_body;
};

struct Expected {
  int status;
  std::string code;  // of a problem, or the state of a query
};

struct Model {
  std::int64_t available;
  std::int64_t held = 0;
  std::int64_t taken = 0;
  std::vector<Step> steps;

  Expected call(std::size_t which, Operation operation, std::int64_t quantity, bool fails, bool& worked);
  Expected try_(Step& step, std::int64_t quantity, bool fails, bool& worked);
  Expected confirm(Step& step, std::int64_t quantity, bool fails, bool& worked);
  Expected cancel(Step& step, std::int64_t quantity, bool fails, bool& worked);
};

Expected Model::try_(Step& step, std::int64_t quantity, bool fails, bool& worked) {
  if (step.tried == Step::Try::fenced) return {409, "fenced"};
  if (step.tried == Step::Try::refused) return {409, "out_of_stock"};
  if (step.tried == Step::Try::held) return {200, ""};
  worked = true;
  if (fails) return {503, "down"};
  if (available < quantity) return step.tried = Step::Try::refused, Expected{409, "out_of_stock"};
  available -= quantity;
  held += quantity;
  step.tried = Step::Try::held;
  return {200, ""};
}

Expected Model::confirm(Step& step, std::int64_t quantity, bool fails, bool& worked) {
  if (step.confirmed) return {200, ""};
  if (step.cancelled) return {409, "cancelled_before"};
  if (step.tried != Step::Try::held) return {409, "not_tried"};
  worked = true;
  if (fails) return {503, "down"};
  held -= quantity;
  taken += quantity;
  step.confirmed = true;
  return {200, ""};
}

Expected Model::cancel(Step& step, std::int64_t quantity, bool fails, bool& worked) {
  if (step.cancelled) return {200, ""};
  if (step.confirmed) return {409, "confirmed_before"};
  if (step.tried == Step::Try::held) {
    worked = true;
    if (fails) return {503, "down"};
    held -= quantity;
    available += quantity;
  } else if (step.tried == Step::Try::none) {
    step.tried = Step::Try::fenced;
  }
  step.cancelled = true;
  return {200, ""};
}

Expected Model::call(std::size_t which, Operation operation, std::int64_t quantity, bool fails,
                     bool& worked) {
  Step& step = steps.at(which);
  if (operation == Operation::try_) return try_(step, quantity, fails, worked);
  if (operation == Operation::confirm) return confirm(step, quantity, fails, worked);
  if (operation == Operation::cancel) return cancel(step, quantity, fails, worked);
  if (step.cancelled) return {200, "cancelled"};
  if (step.confirmed) return {200, "confirmed"};
  if (step.tried == Step::Try::none) return {200, "unknown"};
  return {200, step.tried == Step::Try::held ? "tried" : "refused"};
}

struct Sent {
  std::size_t purchase;
  Operation operation;
  bool fails;
};

// What a coordinator would send for each purchase (a try, then confirms or cancels), each once or more, then
// shaken; and now and then a call that no coordinator would send.
std::vector<Sent> history(std::mt19937_64& random, std::size_t purchases) {
  const auto below = [&random](std::uint64_t limit) { return random() % limit; };
  std::vector<Sent> calls;
  for (std::size_t i = 0; i < purchases; ++i) {
    const Operation decision = below(2) == 0 ? Operation::confirm : Operation::cancel;
    for (std::uint64_t n = below(4); n > 0; --n) calls.push_back({i, Operation::try_, below(8) == 0});
    for (std::uint64_t n = below(4); n > 0; --n) calls.push_back({i, decision, below(8) == 0});
    if (below(3) == 0) calls.push_back({i, Operation::query, false});
    if (below(10) == 0) calls.push_back({i, static_cast<Operation>(1 + below(4)), false});
  }
  const std::uint64_t swaps = below(3) == 0 ? 0 : below(2 * calls.size() + 1);
  for (std::uint64_t n = 0; n < swaps; ++n) std::swap(calls[below(calls.size())], calls[below(calls.size())]);
  return calls;
}

void play(Shop& shop, std::uint64_t seed, std::uint64_t number) {
  std::mt19937_64 random(seed);
  const std::size_t purchases = 1 + random() % 4;
  const std::int64_t stock = static_cast<std::int64_t>(random() % 8);
  const std::string sku = "sku-" + std::to_string(number);
  {
    Transaction transaction = shop.database->begin();
    shop.book.set_stock(transaction, sku, stock);
    ASSERT_TRUE(transaction.commit());
  }
  Model model{stock, 0, 0, std::vector<Step>(purchases)};
  for (const Sent& sent : history(random, purchases)) {
    CallSpec spec;
    spec.purchase = purchase_id(number * 10 + sent.purchase);
    spec.operation = sent.operation;
    spec.sku = sku;
    spec.quantity = 1 + static_cast<std::int64_t>(sent.purchase);
    bool worked = false;
    const Expected expected = model.call(sent.purchase, sent.operation, spec.quantity, sent.fails, worked);
    const int works_before = shop.works;
    shop.fail_next = sent.fails && worked;
    const Response answer = shop.call(spec);
    SCOPED_TRACE(std::string(name_of(sent.operation)) + " of purchase " + std::to_string(sent.purchase));
    ASSERT_EQ(answer.status, expected.status) << answer.body;
    ASSERT_EQ(shop.works - works_before, worked ? 1 : 0);
    const nlohmann::json body = json_of(answer);
    const bool query = sent.operation == Operation::query;
    ASSERT_EQ(body.value(query ? "state" : "code", ""), expected.code);
    if (sent.operation == Operation::try_ &&
        answer.status == 200) {  // one hold, however often it is asked for
      std::string& first = model.steps[sent.purchase].try_body;
      if (first.empty()) first = answer.body;
      ASSERT_EQ(answer.body, first);
    }
    ASSERT_EQ(shop.number("SELECT available FROM stock WHERE sku = ?", sku), model.available);
  }
  EXPECT_EQ(shop.number("SELECT coalesce(sum(quantity), 0) FROM holds WHERE state = 'held' AND sku = ?", sku),
            model.held);
  EXPECT_EQ(
      shop.number("SELECT coalesce(sum(quantity), 0) FROM holds WHERE state = 'taken' AND sku = ?", sku),
      model.taken);
  EXPECT_EQ(shop.number("SELECT taken FROM stock WHERE sku = ?", sku), model.taken);
  EXPECT_EQ(model.available + model.held + model.taken, stock);
}

TEST(Barrier, I9_I12_TenThousandRandomHistoriesFollowTheModel) {
  const char* given = std::getenv("SETTLE_SEED");
  const std::uint64_t base = given == nullptr ? 20'260'101 : std::strtoull(given, nullptr, 10);
  Shop shop(100);
  for (std::uint64_t number = 0; number < 10'000; ++number) {
    SCOPED_TRACE("history " + std::to_string(number) +
                 ", run again with SETTLE_SEED=" + std::to_string(base));
    play(shop, base + number, number);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace settle::kit::test
