// The purchase's table: where the one decision falls (I1). Its steps have a table of their own,
// step_table.cpp.

#include "purchase_context.hpp"
#include "table.hpp"
#include "table_print.hpp"

namespace settle {
namespace {

using boost::msm::front::none;
using boost::msm::front::Row;

template <PurchaseTrigger Number>
struct On {
  static constexpr auto number = Number;
};
template <PurchaseState Number>
using In = table::State<Number>;

using Trying = In<PurchaseState::trying>;
using Confirming = In<PurchaseState::confirming>;
using Delivering = In<PurchaseState::delivering>;
using Completed = In<PurchaseState::completed>;
using Cancelling = In<PurchaseState::cancelling>;
using Cancelled = In<PurchaseState::cancelled>;

using Submit = On<PurchaseTrigger::submit>;
using Commit = On<PurchaseTrigger::commit>;
using Cancel = On<PurchaseTrigger::cancel>;
using AllConfirmed = On<PurchaseTrigger::all_confirmed>;
using AllDelivered = On<PurchaseTrigger::all_delivered>;
using AllUndone = On<PurchaseTrigger::all_undone>;

template <auto Method, auto... Arguments>
struct Do {
  template <class E, class Machine, class S, class T>
  void operator()(const E&, Machine& machine, S&, T&) const {
    (machine.context->*Method)(Arguments...);
  }
};
using DecideCommit = Do<&PurchaseContext::decide, Decision::commit>;
using DecideCancel = Do<&PurchaseContext::decide, Decision::cancel>;
using NoteConfirmed = Do<&PurchaseContext::note_confirmed>;
using NoteFinished = Do<&PurchaseContext::note_finished>;

struct PurchaseTable : boost::msm::front::state_machine_def<PurchaseTable> {
  using no_message_queue = int;
  using no_exception_thrown = int;
  using initial_state = Trying;

  PurchaseContext* context = nullptr;

  // clang-format off
  using transition_table = table::Rows_<
      //   from        trigger       to          what is kept
      Row<Trying,     Submit,       Trying,     none,          none>,
      Row<Trying,     Commit,       Confirming, DecideCommit,  none>,
      Row<Trying,     Cancel,       Cancelling, DecideCancel,  none>,
      Row<Confirming, AllConfirmed, Delivering, NoteConfirmed, none>,
      Row<Delivering, AllDelivered, Completed,  NoteFinished,  none>,
      Row<Cancelling, AllUndone,    Cancelled,  NoteFinished,  none>>;
  // clang-format on

  // MSM's own would assert; `fire` tells its caller instead.
  template <class Machine, class E>
  void no_transition(const E&, Machine&, int) {}
};

using Backend = boost::msm::back::state_machine<PurchaseTable>;

bool process(Backend& machine, PurchaseTrigger trigger) {
  using boost::msm::back::HANDLED_TRUE;
  switch (trigger) {
    case PurchaseTrigger::submit:
      return machine.process_event(Submit{}) == HANDLED_TRUE;
    case PurchaseTrigger::commit:
      return machine.process_event(Commit{}) == HANDLED_TRUE;
    case PurchaseTrigger::cancel:
      return machine.process_event(Cancel{}) == HANDLED_TRUE;
    case PurchaseTrigger::all_confirmed:
      return machine.process_event(AllConfirmed{}) == HANDLED_TRUE;
    case PurchaseTrigger::all_delivered:
      return machine.process_event(AllDelivered{}) == HANDLED_TRUE;
    case PurchaseTrigger::all_undone:
      return machine.process_event(AllUndone{}) == HANDLED_TRUE;
  }
  return false;
}

}  // namespace

bool fire(PurchaseContext& context, PurchaseTrigger trigger) {
  static const table::Ids<Backend, PurchaseState, purchase_state_count> ids;
  Purchase& purchase = context.purchase();
  Backend machine;
  machine.context = &context;
  table::Restore restore{ids.id(purchase.state)};
  machine.serialize(restore, 0);
  if (!process(machine, trigger)) return false;

  const PurchaseState from = purchase.state;
  purchase.state = ids.number(machine.current_state()[0]);
  context.record(from, trigger);
  return true;
}

std::string purchase_diagram() {
  return table::diagram<PurchaseTable>();
}

}  // namespace settle
