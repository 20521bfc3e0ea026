/* The engine: an event changes the purchase in memory and is appended; a sync makes it durable; what is durable may
 * leave. A crash at any point keeps what the disk has, and recovery gives `resume` to what was out. */

#undef here
#define here reached(0 + __LINE__)

/* -- what follows from the new state by itself: ../src/progress.cpp -- */

#define all_tried (v.s[0].st == tried && v.s[1].st == tried)
#define all_confirmed (v.s[0].st == confirmed && v.s[1].st == confirmed)
#define undone(k) (v.s[k].st == idle || v.s[k].st == cancelled || (v.s[k].st == rejected && !v.s[k].owed))

inline begin_ready(i) {
  if :: is(idle) && turn_to_try(i) -> trigger = begin; when_begin(i) :: else fi
}
inline confirm_ready(i) {
  if :: is(tried) && turn_to_confirm(i) -> trigger = confirm; when_confirm(i) :: else fi
}

inline decide() {
  if
  :: failed                                        -> v.st = cancelling
  :: !failed && v.expired
  :: !failed && !v.expired && !late && all_tried   -> v.st = confirming
  :: !failed && !v.expired && !late && !all_tried  -> begin_ready(0); begin_ready(1)
  :: !failed && !v.expired && late                 ->
#ifdef ON_DEADLINE_PERSON
     v.expired = 1;
     trigger = overdue; when_overdue(0); when_overdue(1)
#else
     v.st = cancelling
#endif
  fi
}

inline progress() {
  if :: v.st == trying -> decide() :: else fi;
  if
  :: v.st == confirming ->
     confirm_ready(0); confirm_ready(1);
     if :: all_confirmed -> v.st = completed :: else fi
  :: v.st == cancelling ->
     trigger = cancel; when_cancel(0); when_cancel(1);
     if :: undone(0) && undone(1) -> v.st = cancelled :: else fi
  :: else
  fi;
  failed = 0;
  dirty = 1
}

/* -- the law -- */

#define decided(p) (p.st == confirming || p.st == completed || p.st == cancelling || p.st == cancelled)
#define commits(p) (p.st == confirming || p.st == completed)
#define cancels(p) (p.st == cancelling || p.st == cancelled)

inline copy_step(target, source, i) {
  target.s[i].st = source.s[i].st;
  target.s[i].op = source.s[i].op;
  target.s[i].made[TRY] = source.s[i].made[TRY];
  target.s[i].made[CONFIRM] = source.s[i].made[CONFIRM];
  target.s[i].made[CANCEL] = source.s[i].made[CANCEL];
  target.s[i].asked = source.s[i].asked;
  target.s[i].again = source.s[i].again;
  target.s[i].out = source.s[i].out;
  target.s[i].asking = source.s[i].asking;
  target.s[i].owed = source.s[i].owed;
  target.s[i].known = source.s[i].known;
  target.s[i].twice_told = source.s[i].twice_told;
  target.s[i].wakes = source.s[i].wakes
}

inline copy(target, source) {
  target.st = source.st;
  target.expired = source.expired;
  copy_step(target, source, 0);
  copy_step(target, source, 1)
}

inline sync() {
  d_step {
    dirty -> here;
    if :: decided(d) && (commits(d) != commits(v) || cancels(d) != cancels(v)) -> flipped = 1 :: else fi;
    copy(d, v);
    may[0] = (call[0] != 0);
    may[1] = (call[1] != 0);
    dirty = 0
  }
}

#if defined(MUTANT_TRY_BEFORE_SYNC)
#define early(k) (call[k] == TRY)
#elif defined(MUTANT_DECISION_BEFORE_SYNC)
#define early(k) (call[k] == CONFIRM || call[k] == CANCEL)
#else
#define early(k) 0
#endif

inline leave(i) { /* nothing leaves before what caused it is durable */
  d_step {
    call[i] && (may[i] || early(i)) -> here;
    if :: call[i] == TRY && cancels(v) || call[i] == CONFIRM && !commits(v) -> too_eager = 1 :: else fi;
    if
    :: call[i] == TRY && !d.s[i].owed || call[i] == CONFIRM && !commits(d) || call[i] == CANCEL && !cancels(d) ->
       too_early = 1
    :: else
    fi;
#ifdef COUNT_CALLS
    if
    :: call[i] != QUERY ->
       if :: S.made[call[i]] <= number[i * 4 + call[i]] -> recounted = 1 :: else fi;
       number[i * 4 + call[i]] = S.made[call[i]]
    :: else
    fi;
#endif
    if :: call[i] != QUERY -> sent[i * 4 + call[i]] = 1 :: else fi;
    call[i] = 0;
    may[i] = 0;
    listens[i] = 1
  }
}

inline resume_step(i) {
  if :: S.out || S.asking -> when_resumed(i) :: else fi
}

inline crash() { /* and recovery: what happens in between happens to the world alone */
  d_step {
    crashes < CRASHES && v.st != none -> here;
    crashes++;
    copy(v, d);
    call[0] = 0; may[0] = 0; says[0] = 0; listens[0] = 0;
    call[1] = 0; may[1] = 0; says[1] = 0; listens[1] = 0;
    dirty = 0;
#ifdef MUTANT_DECISION_FORGOTTEN
    if :: decided(v) && v.st != completed && v.st != cancelled -> v.st = trying :: else fi;
#endif
#ifdef MUTANT_TIMERS_FORGOTTEN
    v.s[0].wakes = 0;
    v.s[1].wakes = 0
#else
    if
    :: v.s[0].out || v.s[0].asking || v.s[1].out || v.s[1].asking ->
       trigger = resume; resume_step(0); resume_step(1); progress()
    :: else
    fi
#endif
  }
}

/* -- events. Each is a purchase in, a purchase out, and a record -- */

inline submit() { /* by the shop, again if a crash lost it: it had no answer */
  d_step { v.st == none -> here; v.st = trying; late = 0; progress() }
}

inline deadline() {
  d_step { late && v.st == trying && !v.expired -> here; progress() }
}

inline ask_to_cancel() { /* the shop, or an operator */
  d_step { v.st == trying -> here; v.st = cancelling; progress() }
}

#define newest (S.out && listens[i]) /* this process made the newest call, and hears what comes of it */

inline event_done(i) {
  d_step {
    heard && operating && yes[i * 4 + S.op] && !(is(parked) && S.twice_told) -> here;
    trigger = done; when_done(i); progress()
  }
}

inline event_late_success(i) {
  d_step {
    heard && yes[i * 4 + TRY] && told_late[i] < RETELLINGS && (is(cancelled) && !S.known && !S.asking || is(rejected)) -> here;
    told_late[i]++;
    trigger = late_success; when_late_success(i); progress()
  }
}

inline event_refused(i) {
  d_step {
    heard && operating && no[i * 4 + S.op] && !(is(parked) && S.op != TRY) -> here;
    trigger = refused; when_refused(i); progress()
  }
}

/* What says nothing about what happened: the request may have arrived, or may yet. */
inline event_not_now(i)  { d_step { newest -> here; trigger = not_now; when_not_now(i); progress() } }
inline event_unknown(i)  { d_step { newest -> here; trigger = unknown; when_unknown(i); progress() } }
inline event_fault(i)    { d_step { newest -> here; trigger = fault; when_fault(i); progress() } }
inline event_accepted(i) { d_step { newest -> here; trigger = accepted; when_accepted(i); progress() } }
inline event_contradicted(i) {
  d_step {
    S.op != TRY && (newest || is(awaiting)) -> here;
    trigger = refused; when_refused(i); progress()
  }
}

inline event_told(i) { d_step { heard && S.asking && says[i] -> here; trigger = says[i]; when_told(i); progress() } }
inline event_pending(i) { d_step { S.asking && listens[i] -> here; trigger = says_pending; when_told(i); progress() } }
inline event_no_answer(i) { d_step { S.asking && listens[i] -> here; trigger = no_answer; when_told(i); progress() } }

#ifdef ENDINGS /* before the deadline there is room for two queries; then it is time's turn to pass */
#define time_for_more (late || v.st != trying || queried < 2)
#else
#define time_for_more 1
#endif

inline event_due(i) { d_step { S.wakes && time_for_more -> here; trigger = due; when_due(i); progress() } }

inline event_retry(i) {
  d_step {
    helps < HELPS && helpable -> here;
    helps++;
    if :: v.expired && v.st == trying -> v.expired = 0; late = 0 :: else fi;
    trigger = retry; when_retried(i); progress()
  }
}

inline event_more_time() {
  d_step { helps < HELPS && v.expired && v.st == trying -> here; helps++; v.expired = 0; late = 0; progress() }
}

#ifdef MUTANT_COMMIT_AFTER_CANCEL
inline event_commit() { /* a client decides once more */
  d_step {
    v.st == cancelling && v.s[0].known && v.s[1].known -> here;
    v.st = confirming;
    settle(0); v.s[0].st = tried;
    settle(1); v.s[1].st = tried;
    progress()
  }
}
#endif

#define each_step(event) :: event(0) :: event(1)

active proctype Coordinator() {
#ifdef MARKS
  c_code { report_at_exit(); };
#endif
end:
  do
  :: submit()
  :: sync()
  :: crash()
  :: deadline()
  :: ask_to_cancel()
  each_step(leave)
  each_step(event_done)
  each_step(event_late_success)
  each_step(event_refused)
  each_step(event_not_now)
  each_step(event_unknown)
  each_step(event_fault)
  each_step(event_due)
#ifdef ASKS
  each_step(event_told)
  each_step(event_pending)
  each_step(event_no_answer)
#endif
#ifdef ACCEPTS
  each_step(event_accepted)
#endif
#ifdef CONTRADICTS
  each_step(event_contradicted)
#endif
#ifdef MUTANT_COMMIT_AFTER_CANCEL
  :: event_commit()
#endif
#if HELPS > 0
  each_step(event_retry)
  :: event_more_time()
#endif
  od
}
