#include "bugs.hpp"

#include <cstring>

#include "settle/statemachine/bug.hpp"

namespace settle::sim {
namespace {

[[maybe_unused]] const char* on = nullptr;

}  // namespace

// clang-format off
const std::vector<DeliberateBug>& deliberate_bugs() {
  static const std::vector<DeliberateBug> all = {
      // statemachine
      {"doubt_taken_for_nothing", "a try whose outcome is unknown is not cancelled (I6)"},
      {"deadline_ignored", "the decision's deadline passes unseen (I16)"},
      {"tries_not_awaited", "commits while a try is in doubt (I10)"},
      {"after_ignored", "tries do not wait for the ones before them (I3)"},
      {"confirm_order_ignored", "confirms do not wait for the ones before them (I12)"},
      {"undo_order_ignored", "an undo does not wait for what was built upon it (I10)"},
      {"parked_cancel_forgotten", "a cancel that is with a person counts as done (I6)"},
      {"delivery_not_awaited", "completed before the merchant was told (I26)"},
      {"attempt_cap_ignored", "attempts go on past their cap (I18)"},
      {"attempt_not_counted", "a repeated attempt keeps its number (I18)"},
      {"backoff_ignored", "repeats at once (I20)"},
      {"expiry_forgotten", "commits upon a hold that is over (I16)"},
      {"any_refusal_is_final", "a refusal counts for all the attempts before it (I6)"},
      {"cancel_timer_lost", "a cancel that waits has no wake-up (I17)"},
      {"parked_unseen", "a parked step asks for nobody (I16)"},
      {"retry_after_ignored", "repeats sooner than it was asked to (I20)"},
      {"waits_too_long", "repeats much later than the policy says (I20)"},
      {"gives_up_early", "an attempt short of the cap (I16)"},
      {"deadline_early", "cancels before the deadline (I16)"},
      // coordinator
      {"recovery_floor_too_high", "recovery skips what no snapshot covers (I4, I21)"},
      {"journal_failure_ignored", "goes on after the journal failed (I23)"},
      {"newest_definition_used", "an upgrade changes what is in flight (I27)"},
      {"acknowledged_before_durable", "a shop is told before the sync (I4)"},
      {"forgotten_before_durable", "memory lets go of what is not on disk yet (I21)"},
      {"due_time_late", "what comes to rest is never due (I17)"},
      {"other_body_accepted", "the same key with another body is answered (I5)"},
      {"cart_not_claimed", "two clicks buy a cart twice (B7)"},
      {"reopened_twice", "two open successors (I14)"},
      {"operator_forgotten", "an act without its actor (I25)"},
      {"timers_lost_at_restart", "what waits on disk is not woken after a restart (I17)"},
      {"wake_lost_at_restart", "what waits in memory is not woken after a restart (I17)"},
      {"refused_before_durable", "a refusal rests on what a crash takes back (I3)"},
      {"other_goods_accepted", "a cart's purchase is given for other goods (I5)"},
      {"person_not_listed", "what needs a person is on no list (I16)"},
      {"price_changed", "charges another price than was ordered (I11)"},
      {"results_left_out", "a call lacks what the steps before it said (C2)"},
      {"overtaken_calls_leave", "a try leaves though its cancel was decided meanwhile (I8)"},
      {"held_call_counted", "a call that never left is charged to the attempts (I18)"},
      {"gate_never_probed", "nobody finds out that an endpoint is back (I17)"},
      {"held_not_indexed", "what is held is not found when its gate opens (I17)"},
      {"held_in_silence", "what is held for long is with nobody (I16)"},
      {"waiter_forgotten", "who waits for the outcome is never answered"},
      {"stopped_before_durable", "stops without a last sync (I3)"},
      {"deletion_ignored", "a deleted merchant's purchases are still taken (I4)"},
      {"cursor_skips", "who follows the journal misses records (I24)"},
      // participants
      {"deletion_forgets", "a delivery to a merchant that was deleted reaches nobody (I16)"},
      {"throttled_is_refused", "503 taken for a refusal (I7)"},
      {"server_error_is_refused", "500 taken for a refusal (I7)"},
      {"timeout_is_refused", "silence taken for a refusal (I7)"},
      {"accepted_is_done", "202 taken for done (I7)"},
      {"contradiction_is_done", "409 on a confirm taken for done (I11)"},
      {"digest_ignored", "a garbled answer is believed (C2)"},
      {"query_unknown_is_refused", "a query's unknown taken for a refusal (I7)"},
      {"token_unchecked", "a forged callback is taken (I13)"},
      {"key_per_attempt", "a resend has another id (I26)"},
      {"body_per_attempt", "a resend has other bytes (I26)"},
      {"epoch_not_sent", "calls do not carry the epoch (I15)"},
      // wal
      {"chain_not_checked", "damage is not detected (I22)"},
      {"chain_not_linked", "records do not name the one before (I24)"},
      {"snapshot_claims_too_much", "recovery skips an event (I21)"},
      {"due_entry_lost", "what rests on disk is never woken (I17)"},
      {"epoch_not_raised", "two owners of a shard look alike (I15)"},
      {"told_before_sync", "effects leave before the sync (I2, I3)"},
      {"sync_error_swallowed", "a failed sync is acknowledged (I23)"},
  };
  return all;
}
// clang-format on

bool switch_on(std::string_view name) {
#ifdef SETTLE_BUGS
  for (const DeliberateBug& bug : deliberate_bugs())
    if (name == bug.name) return on = bug.name, true;
#else
  (void)name;
#endif
  return false;
}

}  // namespace settle::sim

#ifdef SETTLE_BUGS
bool settle::bug(const char* name) {
  return settle::sim::on != nullptr && std::strcmp(settle::sim::on, name) == 0;
}
#endif
