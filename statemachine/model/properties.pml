/* What must hold, by its number in the project's list of invariants; README.md says each in words. */

#define parked_somewhere(p) (p.s[0].st == parked || p.s[1].st == parked)
#define finished(p) (p.st == completed || p.st == cancelled)
#define with_a_person(p) (p.st == trying && p.expired || parked_somewhere(p))

ltl I1 { [] (!flipped && !((sent[CONFIRM] || sent[4 + CONFIRM]) && (sent[CANCEL] || sent[4 + CANCEL]))) }

ltl I2 { [] !too_early }

ltl I6 { [] ((v.st == cancelled -> book[0] == none && book[1] == none) &&
             (v.st == completed -> book[0] == final && book[1] == final)) }

ltl I8 { [] !too_eager }

ltl I9 { [] ((yes[CANCEL] -> book[0] == none) && (yes[4 + CANCEL] -> book[1] == none)) }

ltl I12 { [] ((book[1] == final -> book[0] == final) && (book[0] == final -> commits(d))) }

ltl I16 { <> [] (finished(d) || with_a_person(d)) }

#ifdef COUNT_CALLS
ltl I18 { [] !recounted }
#endif

/* All that must never happen, at once; and what must be possible, so that none of this holds of a model that does nothing:
 * each of these has to be found false. */

#define never_wrong (!flipped && !too_early && !too_eager)
#define one_way (!((sent[CONFIRM] || sent[4 + CONFIRM]) && (sent[CANCEL] || sent[4 + CANCEL])))
#define books_right ((v.st == cancelled -> book[0] == none && book[1] == none) && \
                     (v.st == completed -> book[0] == final && book[1] == final) && \
                     (book[1] == final -> book[0] == final) && (book[0] == final -> commits(d)) && \
                     (yes[CANCEL] -> book[0] == none) && (yes[4 + CANCEL] -> book[1] == none))

ltl safety { [] (never_wrong && one_way && books_right) }

ltl reach_completed_over_crashes { [] !(v.st == completed && crashes == CRASHES) }
ltl reach_cancelled_though_all_held { [] !(v.st == cancelled && v.s[0].known && v.s[1].known) }
ltl reach_hanging_try { [] !(v.st == cancelled && no[4 + TRY] && fence_try[1] == fenced) }
ltl reach_success_after_cancel { [] !(told_late[1] && v.st == cancelled) }
ltl reach_parked_confirm { [] !(d.st == confirming && d.s[1].st == parked && book[0] == final) }
ltl reach_parked_cancel { [] !(d.st == cancelling && d.s[0].st == parked) }
#if HELPS > 0
ltl reach_helped { [] !(v.st == completed && helps) }
ltl reach_left_to_a_person { [] !(d.expired && d.st == trying) }
#endif
