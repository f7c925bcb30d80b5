#pragma once

#include <cstdint>

#include "libs/domain/recommendations/baskets.h"
#include "libs/domain/recommendations/item_table.h"

namespace kontor::recommendations {

struct SequentialRulesOptions {
  uint32_t window = 3;       // baskets after that of the first item that count
  uint32_t max_basket = 50;  // items of a basket that count, the first ones
  double from_power = 0.5;   // alpha: how far an item's own frequency is divided out
  double to_power = 0.3;     // beta: the same of the item that follows
  int max_row = 400;         // items kept per item, the heaviest
  int threads = 1;
};

// What is bought after what: rules of size two over customers' baskets in order (Ludewig and Jannach 2018, "Evaluation
// of session-based recommendation algorithms", sequential rules with linear weights), both frequencies divided out:
//   R(a, b) = sum over pairs (a in a basket, b in a later one, g baskets on) of 1 / g / (n(a)^alpha n(b)^beta).
// Cost: items times window times basket size.
ItemTable TrainSequentialRules(const Baskets& baskets, const SequentialRulesOptions& options);

}  // namespace kontor::recommendations
