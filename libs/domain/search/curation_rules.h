#pragma once

#include <string>
#include <vector>

#include "libs/domain/search/curation.h"

namespace kontor::search {

// "pin p1 at 3"
std::string ShownAction(const CurationAction& action);

// What is wrong with a rule, one sentence each.
std::vector<std::string> ViolationsOf(const CurationRule& rule);

// Whether `a` is stronger than `b`.
bool Precedes(const CurationRule& a, const CurationRule& b);

}  // namespace kontor::search
