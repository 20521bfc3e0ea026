/* The step's table, one inline a trigger, and the actions that its rows name. A row that is missing changes nothing.
 * In the words of ../src/step_table.cpp: `left`, `asks`, `call out` mean the same here. */

#define S v.s[i]
#define is(state) (S.st == state)
#if defined(MUTANT_NO_BUDGET)
#define left 1
#else
#define left (S.made[S.op] < ATTEMPTS)
#endif
#if defined(MUTANT_RESUMED_NOT_COUNTED)
#define counted (trigger != resume)
#else
#define counted 1
#endif
#define watch_left (S.asked < ATTEMPTS)
#define cancelling_or_confirming (is(confirming) || is(cancelling))

inline to(i, target) { mark(i, target); S.st = target }

/* -- actions -- */

inline land(i) {
  S.out = 0; S.asking = 0; says[i] = 0; listens[i] = 0;
#ifndef MUTANT_STALE_CALL_LEAVES
  call[i] = 0; may[i] = 0; /* a call that was taken back does not leave */
#endif
}

inline settle(i) { land(i); S.wakes = 0 }
inline wait(i)   { land(i); S.wakes = 1 } /* again later, or: a report may come, or silence has a limit */

inline send(i, operation) {
  wait(i);
  S.op = operation;
  S.out = 1;
  if :: operation != CONFIRM -> S.owed = 1 :: else fi;
  if :: operation == TRY && S.made[TRY] -> S.again = 1 :: else fi;
  if :: S.made[operation] < ATTEMPTS && counted -> S.made[operation]++ :: else fi;
#ifdef MUTANT_STALE_CALL_LEAVES
  if :: !call[i] -> call[i] = operation :: else fi
#else
  call[i] = operation
#endif
}

inline ask(i) {
  wait(i);
  S.asking = 1;
  if :: is(cancelled) && watch_left -> S.asked++ :: else fi;
#ifdef ENDINGS
  if :: v.st == trying && queried < 2 -> queried++ :: else fi;
#endif
  call[i] = QUERY
}

inline send_anew(i) { /* an operator's: the attempts begin anew */
  if :: S.op == TRY -> S.again = 1 :: else fi;
  S.made[S.op] = 0;
  send(i, S.op)
}

inline give_up(i)  { settle(i); failed = 1 }
inline keep_try(i) { settle(i); S.owed = 1; S.known = 1; to(i, tried) }
inline park(i)     { settle(i); S.twice_told = is(cancelled); to(i, parked) }

/* Only a try whose single attempt was refused has surely left nothing behind (I6). */
inline keep_refusal(i, of_business) {
  settle(i);
  if :: of_business && !S.again -> S.owed = 0 :: else fi;
  to(i, rejected);
  failed = 1
}

inline doubt(i) { /* ask, or where nobody can be asked, repeat the try; or give up */
#ifdef MUTANT_SILENCE_IS_NO
  S.owed = 0;
  give_up(i); to(i, rejected)
#else
  if
  :: asks || left -> wait(i)
  :: else         -> give_up(i)
  fi;
  to(i, in_doubt)
#endif
}

inline again_or_park(i) {
  if
  :: left -> wait(i); to(i, S.st)
  :: else -> park(i)
  fi
}

inline send_or_park(i) {
  if
  :: left -> send(i, S.op); to(i, S.st)
  :: else -> park(i)
  fi
}

inline try_again_or_give_up(i) {
  if
  :: left -> send(i, TRY); to(i, trying)
  :: else -> give_up(i); to(i, in_doubt)
  fi
}

/* -- answers. Success and refusal count whichever attempt they answer; the rest only for the newest -- */

#define operating (is(trying) || is(awaiting) || is(in_doubt) || cancelling_or_confirming || is(parked))

inline when_done(i) {
  if
  :: S.op == TRY                                -> keep_try(i)
  :: S.op == CONFIRM                            -> settle(i); to(i, confirmed)
  :: S.op == CANCEL && !(is(parked) && S.twice_told) -> settle(i); to(i, cancelled)
  :: else /* the cancel's success once more is no answer to the try's */
  fi
}

inline when_refused(i) {
  if
  :: S.op == TRY                                  -> keep_refusal(i, 1)
  :: S.op != TRY && cancelling_or_confirming      -> again_or_park(i)
  :: S.op != TRY && is(awaiting) && !left         -> park(i)
  :: S.op == CONFIRM && is(awaiting) && left      -> wait(i); to(i, confirming)
  :: S.op == CANCEL && is(awaiting) && left       -> wait(i); to(i, cancelling)
  :: else
  fi
}

inline when_not_now(i) {
  if
  :: is(trying) && left       -> wait(i); to(i, trying)
  :: is(trying) && !left      -> give_up(i); to(i, in_doubt)
  :: cancelling_or_confirming -> again_or_park(i)
  fi
}

inline when_unknown(i) {
  if
  :: is(trying)               -> doubt(i)
  :: cancelling_or_confirming -> again_or_park(i)
  fi
}

inline when_fault(i) {
  if
  :: is(trying)               -> give_up(i); to(i, in_doubt)
  :: cancelling_or_confirming -> park(i)
  fi
}

inline when_accepted(i) { wait(i); to(i, awaiting) }

/* -- what a query says -- */

inline watched(i) { /* about a success that came after the cancel */
  if
  :: trigger == says_tried || trigger == says_confirmed -> park(i)
  :: trigger == says_pending || trigger == no_answer ->
     if
     :: watch_left -> wait(i); to(i, cancelled)
     :: else       -> park(i)
     fi
  :: else -> settle(i); to(i, cancelled)
  fi
}

inline when_told(i) {
  if
  :: is(cancelled)              -> watched(i)
  :: else ->
     if
     :: trigger == says_tried     -> keep_try(i)
     :: trigger == says_refused   -> keep_refusal(i, 1)
     :: trigger == says_cancelled -> keep_refusal(i, 0)
     :: trigger == says_confirmed -> park(i)
     :: trigger == says_pending   -> wait(i); to(i, awaiting)
     :: trigger == no_answer      -> wait(i); to(i, S.st)
     :: trigger == says_unknown   -> /* proves nothing: the try may still be on its way */
#ifdef MUTANT_UNKNOWN_IS_NO
        S.owed = 0; give_up(i); to(i, rejected)
#else
        try_again_or_give_up(i)
#endif
     fi
  fi
}

/* -- time, and the restart -- */

inline when_due(i) {
  if
  :: is(trying) && S.out                           -> doubt(i)
  :: is(trying) && !S.out                          -> send(i, TRY); to(i, trying)
  :: (is(awaiting) && S.op == TRY || is(in_doubt)) ->
     if
     :: S.asking          -> wait(i); to(i, S.st)
     :: !S.asking && asks -> ask(i); to(i, S.st)
     :: else              -> try_again_or_give_up(i)
     fi
  :: is(awaiting) && S.op != TRY && !left          -> park(i)
  :: is(awaiting) && S.op == CONFIRM && left       -> send(i, CONFIRM); to(i, confirming)
  :: is(awaiting) && S.op == CANCEL && left        -> send(i, CANCEL); to(i, cancelling)
  :: cancelling_or_confirming && S.out             -> again_or_park(i)
  :: cancelling_or_confirming && !S.out            -> send(i, S.op); to(i, S.st)
  :: is(cancelled) && !S.asking                    -> ask(i); to(i, cancelled)
  :: is(cancelled) && S.asking                     ->
     if
     :: watch_left -> wait(i); to(i, cancelled)
     :: else       -> park(i)
     fi
  fi
}

inline when_resumed(i) { /* what was out is sent again, as a new attempt within its cap */
  if
  :: is(trying) && left           -> send(i, TRY); to(i, trying)
  :: is(trying) && !left          -> doubt(i)
  :: is(awaiting) || is(in_doubt) -> ask(i); to(i, S.st)
  :: cancelling_or_confirming     -> send_or_park(i)
  :: is(cancelled) && watch_left  -> ask(i); to(i, cancelled)
  :: is(cancelled) && !watch_left -> park(i)
  fi
}

/* -- what the purchase asks of it -- */

inline when_begin(i)   { send(i, TRY); to(i, trying) }
inline when_confirm(i) { send(i, CONFIRM); to(i, confirming) }

inline when_cancel(i) {
  if
  :: is(trying) || is(in_doubt) || is(tried) || ((is(awaiting) || is(parked)) && S.op == TRY) || (is(rejected) && S.owed) ->
     send(i, CANCEL); to(i, cancelling)
  :: else
  fi
}

inline when_overdue(i) {
  if
  :: is(trying) || is(in_doubt) || (is(awaiting) && S.op == TRY) -> park(i)
  :: else
  fi
}

inline when_late_success(i) { /* of a try, when something else is under way: the cancel fences it, or has (I8) */
  if
  :: is(cancelled) && !S.known && !S.asking && asks  -> S.asked = 0; ask(i); to(i, cancelled)
  :: is(cancelled) && !S.known && !S.asking && !asks -> park(i)
  :: is(rejected)                                    -> send(i, CANCEL); to(i, cancelling)
  :: else
  fi
}

/* -- an operator's -- */

#define helpable (operating && !S.out && !S.asking)

inline when_retried(i) {
  if
  :: asks && S.op == TRY && (is(awaiting) || is(in_doubt)) -> ask(i); to(i, S.st)
  :: else ->
     send_anew(i);
     if
     :: S.op == TRY     -> to(i, trying)
     :: S.op == CONFIRM -> to(i, confirming)
     :: S.op == CANCEL  -> to(i, cancelling)
     fi
  fi
}
