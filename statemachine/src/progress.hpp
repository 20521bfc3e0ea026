#pragma once
// What follows from a purchase's state by itself: which steps begin, when the decision falls, in which order
// confirms and cancels go out, when it is over.

#include <string>

#include "purchase_context.hpp"
#include "settle/statemachine/advance.hpp"

namespace settle {

class Progress {
 public:
  Progress(const Definition& definition, const Event& event, Advanced& out)
      : definition_(definition), event_(event), out_(out) {}

  // Until nothing more follows. `failed_step` is the step whose try failed for good in this event; -1: none.
  void run(int failed_step);

  void cancel(std::string code, std::string detail, std::string step);
  void commit();
  bool all_tried() const;
  bool too_late() const;  // to commit; a person who was asked may still, as long as the holds last

 private:
  Purchase& purchase() { return out_.purchase; }
  const Purchase& purchase() const { return out_.purchase; }
  const Step& step(std::size_t i) const { return out_.purchase.steps[i]; }

  bool decide(int failed_step);  // each returns whether something changed
  bool begin_ready(bool deliveries);
  bool confirm_ready();
  bool cancel_ready();
  bool ready(const StepDefinition& defined) const;
  bool undone(std::size_t i) const;
  bool dependents_undone(std::size_t i) const;
  bool all_confirmed() const;
  bool all_delivered() const;
  bool all_undone() const;
  bool fire_step(std::size_t i, StepTrigger trigger);
  bool fire_purchase(PurchaseTrigger trigger);
  void overdue();

  const Definition& definition_;
  const Event& event_;
  Advanced& out_;
};

}  // namespace settle
