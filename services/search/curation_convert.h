#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "kontor/search/v1/curation_service.pb.h"
#include "libs/base/status.h"
#include "libs/domain/search/curation.h"
#include "libs/domain/search/engine.h"
#include "libs/domain/search/synonyms.h"

// Curation on the wire → curation of the domain.
namespace kontor::search {

// Every violation of an object whose fields are named behind `prefix` ("rule.").
void CheckCuration(const std::string& prefix, const v1::Rule& rule, base::Violations& violations);
void CheckCuration(const std::string& prefix, const v1::SynonymSet& set, base::Violations& violations);

// Of objects that CheckCuration lets pass. Filters of a rule are added to `filters` under the text by which it names
// them. A synonym set of several from_phrases makes as many domain sets.
CurationRule CurationRuleFrom(const v1::Rule& rule, NamedFilters& filters);
std::vector<SynonymSet> SynonymSetsFrom(const v1::SynonymSet& set);

}  // namespace kontor::search
