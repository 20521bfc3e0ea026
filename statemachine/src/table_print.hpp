#pragma once
// A table printed as a Mermaid state diagram: the one in docs/ cannot drift from the code.

#include <string>
#include <utility>
#include <vector>

#include "settle/statemachine/result.hpp"
#include "settle/statemachine/triggers.hpp"
#include "table.hpp"

namespace settle::table {

// MSM's state ids <-> our persisted numbers, worked out once.
template <class Backend, class Number, int Count>
class Ids {
 public:
  Ids() {
    for (int n = 1; n <= Count; ++n) {
      const int id = id_of<Backend>(static_cast<Number>(n));
      SETTLE_CHECK(id >= 0 && id < Count);
      id_[n] = id;
      number_[id] = static_cast<Number>(n);
    }
  }
  int id(Number number) const {
    const int n = static_cast<int>(number);
    SETTLE_CHECK(n >= 1 && n <= Count);
    return id_[n];
  }
  Number number(int id) const { return number_[id]; }

 private:
  int id_[Count + 1]{};
  Number number_[Count]{};
};

// One line per (from, to) pair, in the table's order, with all its triggers.
template <class Table>
std::string diagram() {
  struct Edge {
    std::string from, to, triggers;
  };
  std::vector<Edge> edges;
  boost::mpl::for_each<typename Table::transition_table, boost::mpl::make_identity<>>([&](auto wrapped) {
    using R = typename decltype(wrapped)::type;
    const std::string from = name_of(R::Source::number);
    const std::string to = name_of(R::Target::number);
    const std::string trigger = name_of(R::Evt::number);
    for (Edge& edge : edges) {
      if (edge.from != from || edge.to != to) continue;
      const std::string known = ", " + edge.triggers + ",";
      if (known.find(", " + trigger + ",") == std::string::npos) edge.triggers += ", " + trigger;
      return;
    }
    edges.push_back({from, to, trigger});
  });
  std::string out = "stateDiagram-v2\n";
  for (const Edge& edge : edges) out += "    " + edge.from + " --> " + edge.to + " : " + edge.triggers + "\n";
  return out;
}

}  // namespace settle::table
