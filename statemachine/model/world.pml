/* The clock, the network, and two participants that keep the barrier of ../../docs/participant-protocol.md, section 5.
 * What arrives and would change neither a book nor an answer is not taken. A 202 needs nothing here: to the
 * participant it is a request that takes its time, and its report is an answer like another. */

#undef here
#define here reached(1000 + __LINE__)

#define at(k, operation) ((k) * 4 + operation)

inline arrive_try(i, succeeds) {
  d_step {
    heard && sent[at(i, TRY)] && fence_try[i] == none -> here;
    if
    :: succeeds -> fence_try[i] = held; book[i] = held; yes[at(i, TRY)] = 1
    :: else ->
#ifndef MUTANT_REFUSAL_FORGOTTEN
       fence_try[i] = refused;
#endif
       no[at(i, TRY)] = 1
    fi
  }
}

inline arrive_late_try(i) { /* hanging: refused by the fence that the empty cancel left */
  d_step { heard && sent[at(i, TRY)] && fence_try[i] == fenced && !no[at(i, TRY)] -> here; no[at(i, TRY)] = 1 }
}

inline arrive_confirm(i) {
  d_step {
    heard && sent[at(i, CONFIRM)] && !fence_confirm[i] && !no[at(i, CONFIRM)] -> here;
    if
    :: fence_try[i] == held && !fence_cancel[i] -> fence_confirm[i] = 1; book[i] = final; yes[at(i, CONFIRM)] = 1
    :: else                                     -> no[at(i, CONFIRM)] = 1
    fi
  }
}

inline arrive_cancel(i) {
  d_step {
    heard && sent[at(i, CANCEL)] && !fence_cancel[i] && !no[at(i, CANCEL)] -> here;
    if
    :: fence_confirm[i] -> no[at(i, CANCEL)] = 1
    :: else ->
       fence_cancel[i] = 1; yes[at(i, CANCEL)] = 1;
       if :: book[i] == held -> book[i] = none :: else fi;
#ifndef MUTANT_NO_FENCE
       if :: fence_try[i] == none -> fence_try[i] = fenced :: else fi
#endif
    fi
  }
}

inline read_state(i) { /* a query arrives: the answer is as old as it is when it is heard */
  d_step {
    heard && v.s[i].asking && listens[i] && !says[i] -> here;
    if
    :: fence_cancel[i]                         -> says[i] = says_cancelled
    :: !fence_cancel[i] && fence_confirm[i]    -> says[i] = says_confirmed
    :: !fence_cancel[i] && !fence_confirm[i] && fence_try[i] == held    -> says[i] = says_tried
    :: !fence_cancel[i] && !fence_confirm[i] && fence_try[i] == refused -> says[i] = says_refused
    :: !fence_cancel[i] && fence_try[i] == none -> says[i] = says_unknown
    fi
  }
}

inline cut(i) { d_step { !gone[i] -> here; gone[i] = 1 } }

active proctype World() {
end:
  do
  :: d_step { !late && v.st == trying -> here; late = 1 }
  :: arrive_try(0, 1)
  :: arrive_try(0, 0)
  :: arrive_try(1, 1)
  :: arrive_try(1, 0)
  each_step(arrive_late_try)
  each_step(arrive_confirm)
  each_step(arrive_cancel)
#ifdef ENDINGS
  each_step(cut)
#endif
#ifdef ASKS
  each_step(read_state)
#endif
  od
}
