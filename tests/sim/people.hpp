#pragma once
// Shops that submit and repeat until they are answered, and operators who act at the worst time. An operator
// tells the truth: who resolves a step as done has done it at the service by hand.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "random.hpp"
#include "settle/coordinator/engine.hpp"

namespace settle::sim {

struct World;

class People {
 public:
  explicit People(World& world);
  // Registers services, merchants and definitions, and plans the shops' orders over `span`.
  void begin(DurationMs span);
  // What was paused is resumed.
  void rest();
  void stop_acting() { resting_ = true; }
  // The auditor's next page.
  void read_page();
  // Whether every shop has its answer.
  bool answered() const { return open_ == 0 && setup_.empty(); }

 private:
  struct Wish {  // one order, as the shop will send it until it is answered
    SubmitRequest request;
    bool done = false;
    PurchaseId id;
  };
  using WishPtr = std::shared_ptr<Wish>;

  void next_setup();
  std::vector<Definition> definitions();
  SubmitRequest make_order(int number);
  void submit(const WishPtr& wish);
  void heard(const WishPtr& wish, const Result<PurchaseView>& said);
  void submit_altered(const WishPtr& wish);
  void await(const WishPtr& wish);
  void look(const WishPtr& wish, int times);
  void operate();
  void act_on(const PurchaseView& view);
  void resolve(const PurchaseView& view, std::size_t step);
  bool done_by_hand(const PurchaseView& view, const StepDefinition& step, Operation op);
  void look_at_deliveries();
  void look_at_delivery(const PurchaseView& view);
  void act_somewhere();
  Then<PurchaseView> told(const std::string& who, const PurchaseId& id);
  Act act(std::string& who);
  void pause();
  void switch_endpoint();
  void sweep();
  void act_on_many();
  void stop_acting_on_many();
  void follow();
  void change_registry();
  void unregister();
  template <class T>
  Then<T> watched(const char* what);
  void put_merchant(const std::string& id);
  void upgrade();

  World& world_;
  Random shop_, operator_, auditor_, definitions_random_;
  std::vector<std::function<void(Engine&, std::function<void(bool)>)>> setup_;
  std::vector<WishPtr> wishes_;
  std::vector<std::string> definition_names_;
  std::string cursor_;  // of the auditor
  int open_ = 0;
  int acts_ = 0;
  int bulk_acts_ = 0;
  bool resting_ = false;
};

// A definition of the purchase's four steps, varied: modes, order, policies, deadlines. Always valid.
Definition vary(Random& random, const std::string& name);
RetryPolicy vary_policy(Random& random);
Participant participant_of(const std::string& name, bool query, Random& random);
Merchant merchant_of(const std::string& id);

}  // namespace settle::sim
