#pragma once

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/domain/recommendations/item_facts.h"

namespace kontor::recommendations {

// What the catalogue says of a product as features, in training as in serving: its category levels, brand, attributes,
// the first 20 words of its title, and the half octave of each price. May repeat.
std::vector<Term> FeatureTerms(const ItemFact& fact, absl::string_view title);

// Terms as dense numbers, those of Catalogue::feature_terms.
class FeatureNumbers {
 public:
  FeatureNumbers() = default;
  explicit FeatureNumbers(absl::Span<const Term> terms) {
    for (const Term term : terms) Intern(term);
  }

  uint32_t Intern(Term term);
  std::vector<uint32_t> InternAll(absl::Span<const Term> terms);
  // Of those that have a number.
  std::vector<uint32_t> FindAll(absl::Span<const Term> terms) const;
  const std::vector<Term>& terms() const { return terms_; }  // by number

 private:
  absl::flat_hash_map<Term, uint32_t> numbers_;
  std::vector<Term> terms_;
};

}  // namespace kontor::recommendations
