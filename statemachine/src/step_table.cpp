// The step's table. It is the documentation: one block per state; guards of one (state, trigger) pair exclude
// each other; a pair without a row cannot happen or changes nothing, and is recorded as such.

#include "step_context.hpp"
#include "step_guards.hpp"
#include "table.hpp"
#include "table_print.hpp"

namespace settle {
namespace {

using namespace step_guards;  // NOLINT(google-build-using-namespace): the table reads by their bare names

using boost::msm::front::none;
using boost::msm::front::Row;

template <StepTrigger Number>
struct On {
  static constexpr auto number = Number;
};
template <StepState Number>
using In = table::State<Number>;

// clang-format off
using Idle       = In<StepState::idle>;        using Trying     = In<StepState::trying>;
using Awaiting   = In<StepState::awaiting>;    using InDoubt    = In<StepState::in_doubt>;
using Tried      = In<StepState::tried>;       using Confirming = In<StepState::confirming>;
using Confirmed  = In<StepState::confirmed>;   using Cancelling = In<StepState::cancelling>;
using Cancelled  = In<StepState::cancelled>;   using Rejected   = In<StepState::rejected>;
using Delivering = In<StepState::delivering>;  using Delivered  = In<StepState::delivered>;
using Abandoned  = In<StepState::abandoned>;   using Parked     = In<StepState::parked>;

using Begin      = On<StepTrigger::begin>;       using Enlist        = On<StepTrigger::enlist>;
using Done       = On<StepTrigger::done>;        using Accepted      = On<StepTrigger::accepted>;
using Refused    = On<StepTrigger::refused>;     using NotNow        = On<StepTrigger::not_now>;
using Unknown    = On<StepTrigger::unknown>;     using Fault         = On<StepTrigger::fault>;
using SaysTried  = On<StepTrigger::says_tried>;  using SaysRefused   = On<StepTrigger::says_refused>;
using SaysPending = On<StepTrigger::says_pending>; using SaysConfirmed = On<StepTrigger::says_confirmed>;
using SaysCancelled = On<StepTrigger::says_cancelled>; using SaysUnknown = On<StepTrigger::says_unknown>;
using NoAnswer   = On<StepTrigger::no_answer>;   using Due           = On<StepTrigger::due>;
using Resume     = On<StepTrigger::resume>;      using Confirm       = On<StepTrigger::confirm>;
using Cancel     = On<StepTrigger::cancel>;      using Overdue       = On<StepTrigger::overdue>;
using LateSuccess = On<StepTrigger::late_success>; using Late        = On<StepTrigger::late>;
using Retry      = On<StepTrigger::retry>;       using ResolveDone   = On<StepTrigger::resolve_done>;
using ResolveAbandoned = On<StepTrigger::resolve_abandoned>; using Inquire = On<StepTrigger::inquire>;
// clang-format on

// Actions: a StepContext method with its arguments.
template <auto Method, auto... Arguments>
struct Do {
  template <class E, class Machine, class S, class T>
  void operator()(const E&, Machine& machine, S&, T&) const {
    (machine.context->*Method)(Arguments...);
  }
};
template <class... Actions>
struct Both {
  template <class E, class Machine, class S, class T>
  void operator()(const E& e, Machine& machine, S& s, T& t) const {
    (Actions()(e, machine, s, t), ...);
  }
};

constexpr auto try_ = Operation::try_;
constexpr auto confirm_ = Operation::confirm;
constexpr auto cancel_ = Operation::cancel;
constexpr auto deliver_ = Operation::deliver;

template <Operation Op>
using Send = Do<&StepContext::send, Op>;
template <Operation Op>
using SendAnew = Both<Do<&StepContext::renew, Op>, Send<Op>>;
template <Operation Op>
using Again = Do<&StepContext::schedule, Op>;
template <Operation Op>
using AgainSlowly = Do<&StepContext::schedule_slowly, Op>;
using Ask = Do<&StepContext::send_query>;
using AskAside = Do<&StepContext::ask_aside>;
template <Operation Op>
using SendAside = Do<&StepContext::send_aside, Op>;
using KeepPlan = Do<&StepContext::keep_plan>;
using ProbeAsPlanned = Do<&StepContext::probe_as_planned>;
using ProbeNow = Do<&StepContext::probe>;
using AwaitWindow = Do<&StepContext::await_window>;
using Watch = Do<&StepContext::watch>;
using AskAgain = Do<&StepContext::schedule_query>;
using AwaitReport = Do<&StepContext::await_report>;
using Doubt = Do<&StepContext::doubt>;
using GiveUp = Do<&StepContext::give_up_try>;
using KeepTry = Do<&StepContext::keep_try_result>;
using KeepConfirm = Do<&StepContext::keep_confirm_result>;
using KeepRefusal = Do<&StepContext::keep_refusal>;
using Settle = Do<&StepContext::settle>;
using GiveUpDelivery = Do<&StepContext::abandon>;
using Park = Do<&StepContext::park>;
using Probe = Do<&StepContext::park_and_probe>;
using Lost = Do<&StepContext::mark_lost>;
template <class Action>
using AfterLoss = Both<Lost, Action>;

// Guards.
using Condition = bool (*)(const StepContext&);
template <Condition... All>
struct If {
  template <class E, class Machine, class S, class T>
  bool operator()(const E&, Machine& machine, S&, T&) const {
    return (All(*machine.context) && ...);
  }
};

constexpr Condition trying = op<try_>, confirming = op<confirm_>, cancelling = op<cancel_>,
                    delivering = op<deliver_>;

struct StepTable : boost::msm::front::state_machine_def<StepTable> {
  using no_message_queue = int;
  using no_exception_thrown = int;
  using initial_state = Idle;

  StepContext* context = nullptr;

  // clang-format off
  using transition_table = table::Rows_<
      //   from        trigger        to          what leaves or is kept      if
      Row<Idle,       Begin,         Trying,     Send<try_>,                 If<called>>,
      Row<Idle,       Begin,         Delivering, Send<deliver_>,             If<delivers>>,
      Row<Idle,       Enlist,        Tried,      KeepTry,                    If<enlists>>,
      Row<Idle,       Cancel,        Idle,       none,                       none>,
      Row<Idle,       Overdue,       Idle,       none,                       none>,
      Row<Idle,       Late,          Idle,       none,                       none>,

      Row<Trying,     Done,          Tried,      KeepTry,                    none>,
      Row<Trying,     Accepted,      Awaiting,   AwaitReport,                none>,
      Row<Trying,     Refused,       Rejected,   KeepRefusal,                none>,
      Row<Trying,     NotNow,        Trying,     Again<try_>,                If<left>>,
      Row<Trying,     NotNow,        InDoubt,    GiveUp,                     If<spent>>,
      Row<Trying,     Unknown,       InDoubt,    Doubt,                      If<left_or_asks>>,
      Row<Trying,     Unknown,       InDoubt,    GiveUp,                     If<spent_asks_not>>,
      Row<Trying,     Fault,         InDoubt,    GiveUp,                     none>,
      Row<Trying,     Due,           InDoubt,    AfterLoss<Doubt>,           If<call_out, left_or_asks>>,
      Row<Trying,     Due,           InDoubt,    AfterLoss<GiveUp>,          If<call_out, spent_asks_not>>,
      Row<Trying,     Due,           Trying,     Send<try_>,                 If<waits>>,
      Row<Trying,     Resume,        Trying,     Send<try_>,                 If<call_out, left>>,
      Row<Trying,     Resume,        InDoubt,    AfterLoss<Doubt>,           If<call_out, spent, asks>>,
      Row<Trying,     Resume,        InDoubt,    AfterLoss<GiveUp>,          If<call_out, spent, asks_not>>,
      Row<Trying,     Resume,        Trying,     none,                       If<waits>>,
      Row<Trying,     Cancel,        Cancelling, Send<cancel_>,              none>,
      Row<Trying,     Overdue,       Parked,     Park,                       none>,
      Row<Trying,     Retry,         Trying,     SendAnew<try_>,             If<waits>>,
      Row<Trying,     Late,          Trying,     none,                       none>,

      Row<Awaiting,   Done,          Tried,      KeepTry,                    If<trying>>,
      Row<Awaiting,   Done,          Confirmed,  KeepConfirm,                If<confirming>>,
      Row<Awaiting,   Done,          Cancelled,  Settle,                     If<cancelling>>,
      Row<Awaiting,   Done,          Delivered,  Settle,                     If<delivering>>,
      Row<Awaiting,   Refused,       Rejected,   KeepRefusal,                If<trying>>,
      Row<Awaiting,   Refused,       Confirming, AgainSlowly<confirm_>,      If<confirming, left>>,
      Row<Awaiting,   Refused,       Cancelling, AgainSlowly<cancel_>,       If<cancelling, left>>,
      Row<Awaiting,   Refused,       Delivering, AgainSlowly<deliver_>,      If<delivering, left>>,
      Row<Awaiting,   Refused,       Parked,     Park,                       If<not_try, spent>>,
      Row<Awaiting,   Due,           Awaiting,   Ask,                        If<trying, no_query, asks>>,
      Row<Awaiting,   Due,           Awaiting,   AfterLoss<AskAgain>,        If<trying, query_out>>,
      Row<Awaiting,   Due,           Trying,     Send<try_>,                 If<trying, no_query, asks_not, left>>,
      Row<Awaiting,   Due,           InDoubt,    AfterLoss<GiveUp>,          If<trying, no_query, asks_not, spent>>,
      Row<Awaiting,   Due,           Confirming, Send<confirm_>,             If<confirming, left>>,
      Row<Awaiting,   Due,           Cancelling, Send<cancel_>,              If<cancelling, left>>,
      Row<Awaiting,   Due,           Delivering, Send<deliver_>,             If<delivering, left>>,
      Row<Awaiting,   Due,           Parked,     AfterLoss<Probe>,           If<not_try, spent>>,
      Row<Awaiting,   Resume,        Awaiting,   Ask,                        If<query_out>>,
      Row<Awaiting,   Resume,        Awaiting,   none,                       If<no_query>>,
      Row<Awaiting,   Cancel,        Cancelling, Send<cancel_>,              If<trying>>,
      Row<Awaiting,   Overdue,       Parked,     Park,                       If<trying>>,
      Row<Awaiting,   Inquire,       Awaiting,   AskAside,                   If<trying, no_query, asks, quiet_a_while>>,
      Row<Awaiting,   Retry,         Awaiting,   Ask,                        If<trying, no_query, asks>>,
      Row<Awaiting,   Retry,         Trying,     SendAnew<try_>,             If<trying, no_query, asks_not>>,
      Row<Awaiting,   Retry,         Confirming, SendAnew<confirm_>,         If<confirming>>,
      Row<Awaiting,   Retry,         Cancelling, SendAnew<cancel_>,          If<cancelling>>,
      Row<Awaiting,   Retry,         Delivering, SendAnew<deliver_>,         If<delivering>>,
      Row<Awaiting,   SaysTried,     Tried,      KeepTry,                    If<trying>>,
      Row<Awaiting,   SaysRefused,   Rejected,   KeepRefusal,                If<trying>>,
      Row<Awaiting,   SaysPending,   Awaiting,   AskAgain,                   If<trying>>,
      Row<Awaiting,   SaysConfirmed, Parked,     Park,                       If<trying>>,
      Row<Awaiting,   SaysCancelled, Rejected,   KeepRefusal,                If<trying>>,
      Row<Awaiting,   SaysUnknown,   Awaiting,   AskAgain,                   If<trying, aside>>,
      Row<Awaiting,   SaysUnknown,   Trying,     Send<try_>,                 If<trying, planned, left>>,
      Row<Awaiting,   SaysUnknown,   InDoubt,    GiveUp,                     If<trying, planned, spent>>,
      Row<Awaiting,   NoAnswer,      Awaiting,   AskAgain,                   If<trying>>,
      // A probe that was accepted is still with a person, who need not wait for what was promised.
      Row<Awaiting,   ResolveDone,   Confirmed,  KeepConfirm,                If<confirming, probes>>,
      Row<Awaiting,   ResolveDone,   Cancelled,  Settle,                     If<cancelling, probes>>,
      Row<Awaiting,   ResolveDone,   Delivered,  Settle,                     If<delivering, probes>>,
      Row<Awaiting,   ResolveAbandoned, Abandoned, Settle,                   If<delivering, probes>>,
      Row<Awaiting,   LateSuccess,   Awaiting,   none,                       none>,
      Row<Awaiting,   Late,          Awaiting,   none,                       none>,

      Row<InDoubt,    Done,          Tried,      KeepTry,                    none>,
      Row<InDoubt,    Refused,       Rejected,   KeepRefusal,                none>,
      Row<InDoubt,    Due,           InDoubt,    Ask,                        If<no_query, asks>>,
      Row<InDoubt,    Due,           InDoubt,    AfterLoss<AskAgain>,        If<query_out>>,
      Row<InDoubt,    Due,           Trying,     Send<try_>,                 If<no_query, asks_not, left>>,
      Row<InDoubt,    Due,           InDoubt,    GiveUp,                     If<no_query, asks_not, spent>>,
      Row<InDoubt,    Resume,        InDoubt,    Ask,                        If<query_out>>,
      Row<InDoubt,    Resume,        InDoubt,    none,                       If<no_query>>,
      Row<InDoubt,    Cancel,        Cancelling, Send<cancel_>,              none>,
      Row<InDoubt,    Overdue,       Parked,     Park,                       none>,
      Row<InDoubt,    Inquire,       InDoubt,    AskAside,                   If<no_query, asks, quiet_a_while>>,
      Row<InDoubt,    Retry,         InDoubt,    Ask,                        If<no_query, asks>>,
      Row<InDoubt,    Retry,         Trying,     SendAnew<try_>,             If<no_query, asks_not>>,
      Row<InDoubt,    SaysTried,     Tried,      KeepTry,                    none>,
      Row<InDoubt,    SaysRefused,   Rejected,   KeepRefusal,                none>,
      Row<InDoubt,    SaysPending,   Awaiting,   AskAgain,                   none>,
      Row<InDoubt,    SaysConfirmed, Parked,     Park,                       none>,
      Row<InDoubt,    SaysCancelled, Rejected,   KeepRefusal,                none>,
      Row<InDoubt,    SaysUnknown,   InDoubt,    AskAgain,                   If<aside>>,
      Row<InDoubt,    SaysUnknown,   Trying,     Send<try_>,                 If<planned, left>>,
      Row<InDoubt,    SaysUnknown,   InDoubt,    GiveUp,                     If<planned, spent>>,
      Row<InDoubt,    NoAnswer,      InDoubt,    AskAgain,                   none>,
      Row<InDoubt,    Late,          InDoubt,    none,                       none>,

      Row<Tried,      Confirm,       Confirming, Send<confirm_>,             If<confirms>>,
      Row<Tried,      Confirm,       Confirmed,  Settle,                     If<direct>>,
      Row<Tried,      Cancel,        Cancelling, Send<cancel_>,              none>,
      Row<Tried,      Overdue,       Tried,      none,                       none>,
      Row<Tried,      LateSuccess,   Tried,      none,                       none>,
      Row<Tried,      Late,          Tried,      none,                       none>,

      Row<Confirming, Done,          Confirmed,  KeepConfirm,                none>,
      Row<Confirming, Accepted,      Awaiting,   AwaitReport,                none>,
      Row<Confirming, Refused,       Confirming, AgainSlowly<confirm_>,      If<left, planned>>,
      Row<Confirming, Refused,       Confirming, KeepPlan,                   If<aside, rests>>,
      Row<Confirming, Refused,       Parked,     Park,                       If<spent, taken_to_heart>>,
      Row<Confirming, NotNow,        Confirming, Again<confirm_>,            If<left, planned>>,
      Row<Confirming, NotNow,        Confirming, KeepPlan,                   If<aside, rests>>,
      Row<Confirming, NotNow,        Parked,     Probe,                      If<spent, planned>>,
      Row<Confirming, NotNow,        Parked,     ProbeAsPlanned,             If<aside, probes>>,
      Row<Confirming, Unknown,       Confirming, Again<confirm_>,            If<left, planned>>,
      Row<Confirming, Unknown,       Confirming, KeepPlan,                   If<aside, rests>>,
      Row<Confirming, Unknown,       Parked,     Probe,                      If<spent, planned>>,
      Row<Confirming, Unknown,       Parked,     ProbeAsPlanned,             If<aside, probes>>,
      Row<Confirming, Fault,         Parked,     Park,                       none>,
      Row<Confirming, Due,           Confirming, AfterLoss<Again<confirm_>>, If<call_out, left, planned>>,
      Row<Confirming, Due,           Confirming, AfterLoss<KeepPlan>,        If<call_out, aside, rests>>,
      Row<Confirming, Due,           Parked,     AfterLoss<Probe>,           If<call_out, spent, planned>>,
      Row<Confirming, Due,           Parked,     AfterLoss<ProbeAsPlanned>,  If<call_out, aside, probes>>,
      Row<Confirming, Due,           Confirming, Send<confirm_>,             If<no_call>>,
      Row<Confirming, Resume,        Confirming, Send<confirm_>,             If<call_out, left, planned>>,
      Row<Confirming, Resume,        Confirming, SendAside<confirm_>,        If<call_out, aside>>,
      Row<Confirming, Resume,        Parked,     AfterLoss<Probe>,           If<call_out, spent, planned>>,
      Row<Confirming, Resume,        Confirming, none,                       If<no_call>>,
      Row<Confirming, Inquire,       Confirming, SendAside<confirm_>,        If<no_call, not_held, quiet_a_while>>,
      Row<Confirming, Retry,         Confirming, SendAnew<confirm_>,         If<no_call>>,
      Row<Confirming, ResolveDone,   Confirmed,  KeepConfirm,                If<no_call, probes>>,
      Row<Confirming, LateSuccess,   Confirming, none,                       none>,
      Row<Confirming, Late,          Confirming, none,                       none>,

      Row<Confirmed,  LateSuccess,   Confirmed,  none,                       none>,
      Row<Confirmed,  Late,          Confirmed,  none,                       none>,

      Row<Cancelling, Done,          Cancelled,  Settle,                     none>,
      Row<Cancelling, Accepted,      Awaiting,   AwaitReport,                none>,
      Row<Cancelling, Refused,       Cancelling, AgainSlowly<cancel_>,       If<left>>,
      Row<Cancelling, Refused,       Parked,     Park,                       If<spent>>,
      Row<Cancelling, NotNow,        Cancelling, Again<cancel_>,             If<left>>,
      Row<Cancelling, NotNow,        Parked,     Probe,                      If<spent>>,
      Row<Cancelling, Unknown,       Cancelling, Again<cancel_>,             If<left>>,
      Row<Cancelling, Unknown,       Parked,     Probe,                      If<spent>>,
      Row<Cancelling, Fault,         Parked,     Park,                       none>,
      Row<Cancelling, Due,           Cancelling, AfterLoss<Again<cancel_>>,  If<call_out, left>>,
      Row<Cancelling, Due,           Parked,     AfterLoss<Probe>,           If<call_out, spent>>,
      Row<Cancelling, Due,           Cancelling, Send<cancel_>,              If<no_call>>,
      Row<Cancelling, Resume,        Cancelling, Send<cancel_>,              If<call_out, left>>,
      Row<Cancelling, Resume,        Parked,     AfterLoss<Probe>,           If<call_out, spent>>,
      Row<Cancelling, Resume,        Cancelling, none,                       If<no_call>>,
      Row<Cancelling, Retry,         Cancelling, SendAnew<cancel_>,          If<no_call>>,
      Row<Cancelling, ResolveDone,   Cancelled,  Settle,                     If<no_call, probes>>,
      // The cancel that is under way fences the try that made it after all (I8).
      Row<Cancelling, LateSuccess,   Cancelling, none,                       none>,
      Row<Cancelling, Late,          Cancelling, none,                       none>,

      // A try that succeeds after its cancel was confirmed: ask; if it holds, or nobody says, a person must know (I8, I16).
      Row<Cancelled,  LateSuccess,   Cancelled,  Watch,                      If<no_query, asks>>,
      Row<Cancelled,  LateSuccess,   Cancelled,  none,                       If<query_out>>,
      Row<Cancelled,  LateSuccess,   Parked,     Park,                       If<no_query, asks_not>>,
      Row<Cancelled,  Due,           Cancelled,  Ask,                        If<no_query, asks, not_held_long>>,
      Row<Cancelled,  Due,           Parked,     Park,                       If<no_query, asks, held_long>>,
      Row<Cancelled,  Due,           Cancelled,  AfterLoss<AskAgain>,        If<query_out, watch_left>>,
      Row<Cancelled,  Due,           Parked,     AfterLoss<Park>,            If<query_out, watch_spent>>,
      Row<Cancelled,  Due,           Parked,     Park,                       If<no_query, asks_not>>,
      Row<Cancelled,  Resume,        Cancelled,  Ask,                        If<query_out, watch_left>>,
      Row<Cancelled,  Resume,        Parked,     AfterLoss<Park>,            If<query_out, watch_spent>>,
      Row<Cancelled,  Resume,        Cancelled,  none,                       If<no_query>>,
      Row<Cancelled,  SaysTried,     Parked,     Park,                       none>,
      Row<Cancelled,  SaysConfirmed, Parked,     Park,                       none>,
      Row<Cancelled,  SaysRefused,   Cancelled,  Settle,                     none>,
      Row<Cancelled,  SaysCancelled, Cancelled,  Settle,                     none>,
      Row<Cancelled,  SaysUnknown,   Cancelled,  Settle,                     none>,
      Row<Cancelled,  SaysPending,   Cancelled,  AskAgain,                   If<watch_left>>,
      Row<Cancelled,  SaysPending,   Parked,     Park,                       If<watch_spent>>,
      Row<Cancelled,  NoAnswer,      Cancelled,  AskAgain,                   If<watch_left>>,
      Row<Cancelled,  NoAnswer,      Parked,     Park,                       If<watch_spent>>,
      Row<Cancelled,  Late,          Cancelled,  none,                       none>,

      Row<Rejected,   Cancel,        Cancelling, Send<cancel_>,              If<owed>>,
      Row<Rejected,   Cancel,        Rejected,   none,                       If<free_>>,
      Row<Rejected,   Overdue,       Rejected,   none,                       none>,
      Row<Rejected,   LateSuccess,   Cancelling, Send<cancel_>,              none>,
      Row<Rejected,   Late,          Rejected,   none,                       none>,

      Row<Delivering, Done,          Delivered,  Settle,                     none>,
      Row<Delivering, Accepted,      Awaiting,   AwaitReport,                none>,
      Row<Delivering, Refused,       Delivering, Again<deliver_>,            If<left>>,
      Row<Delivering, Refused,       Parked,     Probe,                      If<spent>>,
      Row<Delivering, NotNow,        Delivering, Again<deliver_>,            If<left>>,
      Row<Delivering, NotNow,        Parked,     Probe,                      If<spent>>,
      Row<Delivering, Unknown,       Delivering, Again<deliver_>,            If<left>>,
      Row<Delivering, Unknown,       Parked,     Probe,                      If<spent>>,
      Row<Delivering, Fault,         Parked,     Park,                       none>,
      Row<Delivering, Due,           Delivering, AfterLoss<Again<deliver_>>, If<call_out, left>>,
      Row<Delivering, Due,           Parked,     AfterLoss<Probe>,           If<call_out, spent>>,
      Row<Delivering, Due,           Delivering, Send<deliver_>,             If<no_call, in_time>>,
      // Its endpoint was left alone for as long as the policy has patience, and an hour more.
      Row<Delivering, Due,           Abandoned,  GiveUpDelivery,             If<no_call, held_too_long>>,
      Row<Delivering, Resume,        Delivering, Send<deliver_>,             If<call_out, left>>,
      Row<Delivering, Resume,        Parked,     AfterLoss<Probe>,           If<call_out, spent>>,
      Row<Delivering, Resume,        Delivering, none,                       If<no_call>>,
      Row<Delivering, Retry,         Delivering, SendAnew<deliver_>,         If<no_call>>,
      Row<Delivering, ResolveDone,   Delivered,  Settle,                     If<no_call>>,
      Row<Delivering, ResolveAbandoned, Abandoned, Settle,                   If<no_call>>,
      Row<Delivering, Late,          Delivering, none,                       none>,

      Row<Delivered,  Late,          Delivered,  none,                       none>,
      Row<Abandoned,  Late,          Abandoned,  none,                       none>,

      Row<Parked,     Done,          Tried,      KeepTry,                    If<trying>>,
      Row<Parked,     Done,          Confirmed,  KeepConfirm,                If<confirming>>,
      // Parked for a try that succeeded after the cancel: the cancel's own success, told once more, is no answer to that.
      Row<Parked,     Done,          Cancelled,  Settle,                     If<cancelling, unconfirmed_cancel>>,
      Row<Parked,     Done,          Parked,     none,                       If<cancelling, confirmed_cancel>>,
      Row<Parked,     Done,          Delivered,  Settle,                     If<delivering>>,
      Row<Parked,     Refused,       Rejected,   KeepRefusal,                If<trying>>,
      Row<Parked,     Refused,       Parked,     none,                       If<not_try>>,
      Row<Parked,     Due,           Abandoned,  GiveUpDelivery,             If<delivering, past_help>>,
      Row<Parked,     Due,           Confirming, Send<confirm_>,             If<confirming, probes>>,
      Row<Parked,     Due,           Cancelling, Send<cancel_>,              If<cancelling, probes>>,
      Row<Parked,     Due,           Delivering, ProbeNow,                   If<delivering, calls_again>>,
      // Its policy has a longer window now than when it was parked.
      Row<Parked,     Due,           Parked,     AwaitWindow,                If<delivering, rests, window_lasts>>,
      Row<Parked,     Inquire,       Confirming, SendAside<confirm_>,        If<confirming, probes, not_held, quiet_a_while>>,
      Row<Parked,     Resume,        Parked,     none,                       none>,
      Row<Parked,     Cancel,        Cancelling, Send<cancel_>,              If<trying>>,
      Row<Parked,     Overdue,       Parked,     none,                       none>,
      Row<Parked,     Retry,         Trying,     SendAnew<try_>,             If<trying>>,
      Row<Parked,     Retry,         Confirming, SendAnew<confirm_>,         If<confirming>>,
      Row<Parked,     Retry,         Cancelling, SendAnew<cancel_>,          If<cancelling>>,
      Row<Parked,     Retry,         Delivering, SendAnew<deliver_>,         If<delivering>>,
      Row<Parked,     ResolveDone,   Tried,      KeepTry,                    If<trying>>,
      Row<Parked,     ResolveDone,   Confirmed,  KeepConfirm,                If<confirming>>,
      Row<Parked,     ResolveDone,   Cancelled,  Settle,                     If<cancelling>>,
      Row<Parked,     ResolveDone,   Delivered,  Settle,                     If<delivering>>,
      Row<Parked,     ResolveAbandoned, Rejected,  KeepRefusal,              If<trying>>,
      Row<Parked,     ResolveAbandoned, Abandoned, Settle,                   If<delivering>>,
      Row<Parked,     LateSuccess,   Parked,     none,                       none>,
      Row<Parked,     Late,          Parked,     none,                       none>>;
  // clang-format on

  // MSM's own would assert; `fire` tells its caller instead.
  template <class Machine, class E>
  void no_transition(const E&, Machine&, int) {}
};

using Backend = boost::msm::back::state_machine<StepTable>;

template <int Trigger>
bool process(Backend& machine, StepTrigger wanted) {
  if constexpr (Trigger > step_trigger_count) {
    return false;
  } else {
    if (static_cast<int>(wanted) != Trigger) return process<Trigger + 1>(machine, wanted);
    // A guard that says no and a pair without a row are the same to us, not to MSM.
    return machine.process_event(On<static_cast<StepTrigger>(Trigger)>{}) == boost::msm::back::HANDLED_TRUE;
  }
}

}  // namespace

bool fire(StepContext& context, StepTrigger trigger, Advanced& out) {
  static const table::Ids<Backend, StepState, step_state_count> ids;
  Backend machine;
  machine.context = &context;
  table::Restore restore{ids.id(context.step().state)};
  machine.serialize(restore, 0);
  if (!process<1>(machine, trigger)) return false;

  const StepState from = context.step().state;
  const StepState to = ids.number(machine.current_state()[0]);
  context.step().state = to;
  out.transitions.push_back({static_cast<std::int8_t>(context.index()), static_cast<std::uint8_t>(from),
                             static_cast<std::uint8_t>(to), static_cast<std::uint8_t>(trigger)});
  return true;
}

std::string step_diagram() {
  return table::diagram<StepTable>();
}

}  // namespace settle
