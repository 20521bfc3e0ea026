#pragma once
// What both MSM tables share: rows without MPL's limit of 20, restoring a machine to a state, printing.
// Include only from the two table files: MSM costs seconds of compilation.

#include <boost/mpl/for_each.hpp>
#include <boost/mpl/identity.hpp>
#include <boost/mpl/push_front.hpp>
#include <boost/mpl/vector.hpp>
#include <boost/msm/back/metafunctions.hpp>
#include <boost/msm/back/state_machine.hpp>
#include <boost/msm/back/tools.hpp>
#include <boost/msm/front/functor_row.hpp>
#include <boost/msm/front/state_machine_def.hpp>
#include <boost/serialization/base_object.hpp>

namespace settle::table {

// mpl::vector stops at 20 elements; folding has no limit.
template <class... Rows>
struct Fold {
  using type = boost::mpl::vector0<>;
};
template <class First, class... Rest>
struct Fold<First, Rest...> {
  using type = typename boost::mpl::push_front<typename Fold<Rest...>::type, First>::type;
};
template <class... Rows>
using Rows_ = typename Fold<Rows...>::type;

// Machines live for one event only. MSM's `serialize` hands its state ids to an archive, and runs no entry
// action: this one writes the wanted id into them.
struct Restore {
  int state;
  template <int N>
  Restore& operator&(int (&states)[N]) {
    states[0] = state;
    return *this;
  }
  template <class Other>
  Restore& operator&(Other&) {
    return *this;
  }
};

// A state and the persisted number that it stands for.
template <auto Number>
struct State : boost::msm::front::state<> {
  static constexpr auto number = Number;
};

// MSM's own id of the state with this number, or -1.
template <class Backend, class Number>
int id_of(Number number) {
  using states = typename boost::msm::back::generate_state_set<typename Backend::stt>::type;
  int found = -1;
  boost::mpl::for_each<states, boost::mpl::make_identity<>>([&](auto wrapped) {
    using S = typename decltype(wrapped)::type;
    if (S::number == number) found = boost::msm::back::get_state_id<typename Backend::stt, S>::type::value;
  });
  return found;
}

}  // namespace settle::table
