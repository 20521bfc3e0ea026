/* One purchase of two steps, its coordinator, and two participants behind a network that does what it likes.
 *
 * The rows below are those of ../src/step_table.cpp, the order of things is that of ../src/progress.cpp and of the
 * engine's law: event, advance, append and sync, and only then the effects. README.md says what is left out, and why
 * that is no loss. Promela; `spin -a`, or tests/model, which also says which switches there are.
 *
 * Two things keep it small. What was sent once may arrive whenever, as often as it likes, or never: so the network is
 * one bit a message, and loss, repetition and reordering have no bound. And an event that would change nothing is not
 * taken: nothing but time can then repeat for ever. */

#ifndef ATTEMPTS
#define ATTEMPTS 2 /* of each operation, before it goes to a person */
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef HELPS
#define HELPS 0 /* how often an operator says: try again */
#endif

#ifdef ASKS /* the participants answer `query` */
#define asks 1
#else
#define asks 0
#endif
#ifdef SIDE_BY_SIDE /* the two tries need not wait for each other */
#define turn_to_try(k) 1
#else
#define turn_to_try(k) (k == 0 || v.s[0].st == tried)
#endif
#if defined(MUTANT_CARD_BEFORE_MONEY)
#define turn_to_confirm(k) 1
#else /* `confirm_after`: no card without captured money */
#define turn_to_confirm(k) (k == 0 || v.s[0].st == confirmed)
#endif

#ifdef ENDINGS /* for what must come to an end: also when nothing passes any more, which a run has to be told */
#define heard (!gone[i])
#define RETELLINGS 1
#else /* a run that stops anywhere is looked at as well: what never arrives is lost enough */
#define heard 1
#define RETELLINGS 2
#endif

#define TRY 1
#define CONFIRM 2
#define CANCEL 3
#define QUERY 4

mtype = { none, completed, /* of the purchase; it shares trying, confirming, cancelling and cancelled with the steps */
          idle, trying, awaiting, in_doubt, tried, confirming, confirmed, cancelling, cancelled, rejected, parked,
          begin, done, accepted, refused, not_now, unknown, fault, due, resume, confirm, cancel, overdue, late_success,
          retry, says_tried, says_refused, says_pending, says_confirmed, says_cancelled, says_unknown, no_answer,
          fenced, held, final };

/* -- what the journal keeps -- */

typedef Step {
  mtype st = idle;
  byte op;        /* the operation under way, or the last one */
  byte made[4];   /* attempts of each, counted before they leave */
  byte asked;     /* queries about a success that came after the cancel */
  bit again;      /* more than one try was counted, ever */
  bit out;        /* a call's answer is awaited */
  bit asking;     /* a query's is */
  bit owed;       /* a try may have happened: it ends confirmed or cancelled */
  bit known;      /* the try's result is kept */
  bit twice_told; /* parked for a try that succeeded after its cancel was confirmed */
  bit wakes       /* has a wake-up */
}

typedef Purchase {
  mtype st = none;
  bit expired; /* undecided at its deadline, and left to a person */
  Step s[2]    /* 0 charges, 1 issues the card */
}

Purchase v; /* as the coordinator has it in memory */
Purchase d; /* as the disk has it: what a crash leaves */
bit dirty;  /* something is appended that no sync covers yet */

/* -- the coordinator's memory beside it: a crash loses it -- */

byte call[2];  /* the effect that waits to leave */
bit may[2];    /* ... and is durable: it may */
bit listens[2]; /* the call that is out is this process's own: its failure will be heard */
mtype says[2]; /* what a query's answer says that is on its way */

/* -- the world -- */

bit late;        /* the deadline has passed */
byte crashes, helps;
#ifdef ENDINGS
byte queried;
#endif
bit sent[8];     /* step * 4 + operation: this request left, and may arrive whenever, any number of times */
bit gone[2];       /* nothing passes between coordinator and participant any more, for ever */
bit yes[8], no[8]; /* ... and was answered so; the answer, too, may arrive whenever */

byte told_late[2]; /* this alone has a bound: each time it leads to a query, and for ever would be for ever */

mtype fence_try[2] = none; /* the barrier's rows: none, held (done), refused, fenced (by an empty cancel) */
bit fence_confirm[2], fence_cancel[2];
mtype book[2] = none; /* what the participant really has: none, held, final */

/* -- what the properties need to remember -- */

bit flipped, too_eager, too_early; /* a durable decision changed; forward work left after the cancel; before it was durable */
#ifdef COUNT_CALLS
byte number[8]; /* the attempt number that left last */
bit recounted;  /* ... was not higher than the one before */
#endif

/* Not part of the state: which trigger is being worked on, and which rows have fired, for tests/model. */
hidden mtype trigger;
hidden byte failed;
#ifdef MARKS
hidden byte fired[64000], passed[2000];
c_code {
  static void report_fired(void) {
    for (int at = 0; at < 64000; ++at)
      if (fired[at]) printf("fired %d %d %d\n", at / 1600, at / 40 % 40, at % 40);
    for (int at = 0; at < 2000; ++at)
      if (passed[at]) printf("passed %d\n", at);
  }
  static void report_at_exit(void) { /* the search comes by here many times */
    static int asked_for;
    if (!asked_for++) atexit(report_fired);
  }
};
#define mark(i, target) fired[(v.s[i].st * 40 + trigger) * 40 + target] = 1
#define reached(line) passed[line] = 1 /* the events: spin does not look into a d_step for what is never reached */
#else
#define mark(i, target) skip
#define reached(line) skip
#endif

#include "step.pml"
#include "engine.pml"
#include "world.pml"
#include "properties.pml"
