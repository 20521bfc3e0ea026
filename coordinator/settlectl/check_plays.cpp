#include "check_plays.hpp"

#include <future>

namespace settle::ctl {

namespace {

constexpr const char* read_section = "docs/participant-protocol.md, section ";

bool done(int status) {
  return status == 200 || status == 201 || status == 204 || status == 202;
}
bool refused(int status) {
  return status == 409 || status == 422;
}

std::string seen_of(const Result<HttpReply>& reply) {
  if (!reply) return "no answer";
  const std::string code = text(Json::parse(reply->body, nullptr, false), "code");
  return std::to_string(reply->status) + (code.empty() ? "" : " " + code);
}

std::string state_of(const Result<HttpReply>& reply) {
  return reply ? text(Json::parse(reply->body, nullptr, false), "state") : "";
}

class Checker {
 public:
  explicit Checker(const Target& target) : target_(target) {}

  Result<std::vector<Finding>> run(bool confirms) {
    first_ = new_purchase();
    const auto reply = call(first_, "try");
    if (!reply) return reply.error();
    if (reply->status == 401 || reply->status == 403) {
      expect("try", reply, false,
             "the secret does not fit: sign with one that the participant verifies; nothing else was played");
      return std::move(findings_);
    }
    expect(
        "try", reply, done(reply->status),
        "answer 200 with a JSON object once the hold stands; if the sample order suits you not, see --order");
    holds_ = done(reply->status);
    repeats(*reply);
    authenticity();
    cancels();
    fences();
    if (target_.has("query")) queries();
    if (confirms) this->confirms();
    return std::move(findings_);
  }

 private:
  Result<HttpReply> call(const std::string& purchase, const char* operation, int attempt = 1,
                         Spoil spoil = Spoil::nothing) {
    return play(target_, {purchase, operation, attempt, spoil});
  }

  void expect(const std::string& name, const Result<HttpReply>& reply, bool right, const std::string& mend) {
    findings_.push_back({name, right ? Verdict::right : Verdict::wrong, seen_of(reply), right ? "" : mend});
  }
  void skip(const std::string& name, const std::string& why) {
    findings_.push_back({name, Verdict::not_played, "", why});
  }

  // The same call again, after the first answer and at the same time as another.
  void repeats(const HttpReply& before) {
    const auto again = call(first_, "try", 2);
    const bool same = again && again->status == before.status && again->body == before.body;
    expect("duplicate try", again, same,
           std::string("give a repeated Idempotency-Key the answer of the first time, byte for byte: keep it "
                       "with the fence (") +
               read_section + "5)");
    if (!holds_) return skip("two tries at once", "its try is refused");
    const std::string purchase = new_purchase();
    auto other = std::async(std::launch::async, [&] { return call(purchase, "try", 2); });
    const auto one = call(purchase, "try");
    const auto two = other.get();
    const bool alike =
        one && two && done(one->status) && one->status == two->status && one->body == two->body;
    expect("two tries at once", two, alike,
           "insert the fence first, in the transaction that does the work, so that the database keeps the "
           "second out");
    static_cast<void>(call(purchase, "cancel"));
  }

  void spoilt(const char* name, Spoil spoil, int status, const std::string& mend) {
    const std::string purchase = new_purchase();
    const auto reply = call(purchase, "try", 1, spoil);
    expect(name, reply, reply && reply->status == status, mend);
    if (reply && done(reply->status)) static_cast<void>(call(purchase, "cancel"));
  }

  void authenticity() {
    spoilt("bad digest", Spoil::digest, 400,
           "refuse with 400 digest_mismatch when Content-Digest is not the SHA-256 of the bytes that came");
    spoilt("bad signature", Spoil::signature, 401,
           "refuse with 401 signature_refused when no signature fits: compare HMAC-SHA256(secret, "
           "id.timestamp.body)");
    spoilt("no signature", Spoil::no_signature, 401,
           "refuse with 401 signature_refused when webhook-signature is missing");
    spoilt("stale timestamp", Spoil::timestamp, 401,
           "refuse with 401 when webhook-timestamp is more than 5 minutes off");
    spoilt("old epoch", Spoil::epoch, 412,
           "keep the newest Settle-Epoch of each shard, and refuse an older one with 412 stale_epoch");
  }

  void cancels() {
    const auto reply = call(first_, "cancel");
    expect("cancel", reply, reply && done(reply->status),
           "a cancel may not be refused: release the hold and answer 200");
    const auto again = call(first_, "cancel", 2);
    expect("duplicate cancel", again,
           again && reply && again->status == reply->status && again->body == reply->body,
           "give a repeated cancel the answer of the first time, and release nothing twice");
  }

  // A cancel that overtakes its try, and the try that comes after it.
  void fences() {
    const std::string purchase = new_purchase();
    const auto empty = call(purchase, "cancel");
    expect("empty cancel", empty, empty && done(empty->status),
           std::string("a cancel without a try succeeds, and leaves a fence (") + read_section + "5)");
    const auto late = call(purchase, "try");
    expect("late try after cancel", late, late && refused(late->status),
           "refuse a try whose cancel came first with 409 fenced: it would hold for ever");
    if (late && done(late->status)) static_cast<void>(call(purchase, "cancel", 2));
  }

  void query_says(const char* name, const std::string& purchase, const std::string& state) {
    const auto reply = call(purchase, "query");
    const bool right = reply && reply->status == 200 && state_of(reply) == state;
    findings_.push_back({name, right ? Verdict::right : Verdict::wrong,
                         seen_of(reply) + (state_of(reply).empty() ? "" : " " + state_of(reply)),
                         right ? "" : "answer 200 with {\"state\": \"" + state + "\"}, and change nothing"});
  }

  void queries() {
    const std::string purchase = new_purchase();
    query_says("query of nothing", purchase, "unknown");
    const auto tried = call(purchase, "try");
    if (tried && done(tried->status)) {
      query_says("query after a try", purchase, tried->status == 202 ? "pending" : "tried");
    } else {
      skip("query after a try", "its try is refused");
    }
    static_cast<void>(call(purchase, "cancel"));
    query_says("query after a cancel", purchase, "cancelled");
  }

  void confirms() {
    const std::string purchase = new_purchase();
    const auto early = call(new_purchase(), "confirm");
    expect("confirm without a try", early, early && refused(early->status),
           "refuse with 409: nothing is held");
    const auto tried = call(purchase, "try");
    if (!tried || !done(tried->status)) return skip("confirm", "its try is refused");
    const auto reply = call(purchase, "confirm");
    expect("confirm", reply, reply && done(reply->status),
           "a confirm after a try may not be refused: answer 200");
    const auto again = call(purchase, "confirm", 2);
    expect("duplicate confirm", again,
           again && reply && again->status == reply->status && again->body == reply->body,
           "give a repeated confirm the answer of the first time, and take nothing twice");
    const auto cancelled = call(purchase, "cancel");
    expect("cancel after confirm", cancelled, cancelled && refused(cancelled->status),
           "refuse with 409: what is confirmed is final");
  }

  const Target& target_;
  std::string first_;
  bool holds_ = false;
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::vector<Finding>> check(const Target& target, bool confirms) {
  return Checker(target).run(confirms);
}

}  // namespace settle::ctl
