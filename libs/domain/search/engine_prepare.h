#pragma once

#include "absl/strings/string_view.h"
#include "libs/domain/search/engine.h"

// What stands before every answer, within this folder.
namespace kontor::search {

// Whether rules have a say.
bool Curated(const EngineParts& parts, const Question& question, const CurationPlan& plan);
// A filter that a rule names; null: there is none.
const Filter* NamedFilter(const EngineParts& parts, absl::string_view text);

}  // namespace kontor::search
