// submit: a purchase from flags or from a JSON file.

#include <ostream>

#include "command.hpp"
#include "exit_code.hpp"
#include "purchase_text.hpp"

namespace settle::ctl {

namespace {

struct Field {
  const char* flag;
  const char* member;
  bool number;
};
constexpr Field fields[] = {{"shop", "shop", false},
                            {"order", "order_id", false},
                            {"cart", "cart_id", false},
                            {"buyer", "buyer", false},
                            {"sku", "sku", false},
                            {"quantity", "quantity", true},
                            {"amount", "amount", true},
                            {"currency", "currency", false},
                            {"merchant", "merchant", false},
                            {"deadline", "deadline_seconds", true},
                            {"definition", "definition", false}};

// The file's members, with those of the flags laid over them.
Result<Json> request_of(const Arguments& arguments) {
  Json request = Json::object();
  if (!arguments.operands.empty()) {
    auto document = read_json_file(arguments.operand(0));
    if (!document) return document.error();
    if (!document->is_object()) return Error{"usage", arguments.operand(0) + " holds no JSON object"};
    request = std::move(document).value();
  }
  for (const Field& field : fields) {
    if (!arguments.has(field.flag)) continue;
    if (!field.number) {
      request[field.member] = arguments.get(field.flag);
      continue;
    }
    const auto value = arguments.number(field.flag);
    if (!value) return value.error();
    request[field.member] = **value;
  }
  if (arguments.has("payload")) {
    Json payload = Json::parse(arguments.get("payload"), nullptr, false);
    if (payload.is_discarded()) return Error{"usage", "--payload is not JSON"};
    request["payload"] = std::move(payload);
  }
  if (arguments.has("allow-duplicate")) request["allow_duplicate"] = true;
  return request;
}

void print(const Console& console, const Answer& answer) {
  const auto replayed = answer.headers.find("settle-replayed");
  if (replayed != answer.headers.end()) console.out << "there already, under this key or cart\n";
  print_headline(console, answer.body);
  for (const Json& card : member(answer.body, "cards"))
    console.out << "  card " << printable(text(card, "code")) << "  pin " << printable(text(card, "pin"))
                << '\n';
}

Result<int> submit(const Session& session, const Arguments& arguments) {
  const auto request = request_of(arguments);
  if (!request) return request.error();
  const std::string key = arguments.get("key", text(*request, "order_id"));
  if (key.empty())
    return Error{"usage", "--order (or --key) is missing: the purchase needs an idempotency key"};
  std::map<std::string, std::string> headers = {{"Idempotency-Key", key}};
  Session patient = session;
  if (arguments.has("wait")) {
    const auto seconds = arguments.number("wait");
    if (!seconds) return seconds.error();
    if (**seconds < 1 || **seconds > 60) return Error{"usage", "--wait is 1 to 60 seconds"};
    headers["Prefer"] = "wait=" + std::to_string(**seconds);
    patient.timeout_s += static_cast<int>(**seconds);
  }
  const auto answer = call(patient, "POST", "/v1/purchases", &*request, headers);
  if (!answer) return answer.error();
  if (session.console.json) {
    print_json(session, answer->body);
  } else {
    print(session.console, *answer);
  }
  const bool lost = text(answer->body, "decision") == "cancel";
  return arguments.has("wait") && lost ? static_cast<int>(Exit::refused) : 0;
}

}  // namespace

std::vector<Command> purchase_commands() {
  Command command{
      "submit",
      {"[FILE]"},
      "submit a purchase, or find the one that its key submitted before",
      {{"shop", "NAME", "the shop"},
       {"order", "ID", "the shop's order number"},
       {"cart", "ID", "the cart, if several order numbers may stand for one"},
       {"buyer", "ID", "the buyer"},
       {"sku", "SKU", "the article"},
       {"quantity", "N", "how many cards"},
       {"amount", "N", "the whole price, in minor units of the currency"},
       {"currency", "CODE", "ISO 4217"},
       {"merchant", "ID", "who is told at the end"},
       {"payload", "JSON", "an object that reaches participants and merchant"},
       {"deadline", "SECONDS", "to the decision"},
       {"definition", "NAME", "which saga (default: purchase)"},
       {"allow-duplicate", "", "take it though it looks like an earlier purchase (possible_duplicate)"},
       {"key", "KEY", "the idempotency key (default: the order number)"},
       {"wait", "SECONDS", "wait for the outcome, 1 to 60; ending cancelled is exit code 1"}},
      "settlectl submit --shop shop-1 --order A-1001 --buyer b-42 --sku GAME-100 --quantity 2 \\\n"
      "      --amount 2000 --currency CNY --merchant m-1 --wait 10",
      "FILE is a JSON object as in docs/openapi.yaml (PurchaseRequest), - for standard input; flags win over "
      "it.\n"
      "The same key finds the same purchase, so that repeating the command is safe.",
      submit};
  std::vector<Command> all{std::move(command), show_command(), attempts_command(), list_command()};
  // The longer names first: the shorter one is a command too.
  for (Command& bulk : bulk_commands()) all.push_back(std::move(bulk));
  all.push_back(dead_letters_command());
  all.push_back(stats_command());
  return all;
}

}  // namespace settle::ctl
