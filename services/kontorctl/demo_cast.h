#pragma once

#include <string>
#include <vector>

#include "services/kontorctl/unit_source.h"

namespace kontor::ctl {

// Whom the demo's tour asks about. Empty where the file's first part holds nobody and nothing of the kind.
struct DemoCast {
  std::string customer;             // who ordered most often
  std::vector<std::string> basket;  // three different products of one order
};

// Out of the first 20,000 units.
DemoCast FindCast(UnitSource& orders);

}  // namespace kontor::ctl
