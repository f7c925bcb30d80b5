#include "libs/domain/search/synonyms.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace kontor::search {
namespace {

using Terms = std::vector<std::string>;

Terms TermsOf(absl::string_view phrase, const text::Analyzer& analyzer) {
  std::vector<text::Token> tokens;
  analyzer.Analyze(phrase, tokens);
  Terms terms;
  for (const text::Token& token : tokens) {
    if (!token.extra) terms.push_back(token.term);
  }
  return terms;
}

// One line a violation.
std::string Violations(const SynonymSet& set, const std::vector<Terms>& phrases) {
  std::vector<std::string> found;
  if (set.id.empty()) found.emplace_back("has no id");
  if (!(set.weight > 0 && set.weight <= 1))
    found.push_back(absl::StrCat("has the weight ", set.weight, "; it is above 0 and at most 1"));
  if (set.end_us <= set.start_us) found.emplace_back("ends before it starts");
  absl::flat_hash_set<std::string> different;
  for (const Terms& terms : phrases) {
    if (terms.empty()) found.emplace_back("has a phrase without words");
    if (terms.size() > Synonyms::kWordsMax)
      found.push_back(absl::StrCat("has a phrase of more than ", Synonyms::kWordsMax, " words"));
    different.insert(absl::StrJoin(terms, " "));
  }
  if (different.size() < 2) found.emplace_back("needs two phrases that differ");
  return absl::StrJoin(found, ", ");
}

bool Has(const Slot& slot, const Terms& terms) {
  return std::any_of(slot.alternatives.begin(), slot.alternatives.end(),
                     [&](const Alternative& a) { return a.terms == terms; });
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Synonyms>> Synonyms::Build(absl::Span<const SynonymSet> sets,
                                                                const text::Analyzer& analyzer) {
  if (sets.size() > kSetsMax)
    return absl::InvalidArgumentError(absl::StrCat(sets.size(), " synonym sets; at most ", kSetsMax, " are held"));
  auto synonyms = std::make_shared<Synonyms>();
  std::vector<std::string> violations;
  absl::flat_hash_set<absl::string_view> ids;
  for (const SynonymSet& set : sets) {
    std::vector<std::string> phrases = set.phrases;
    if (!set.from.empty()) phrases.insert(phrases.begin(), set.from);
    std::vector<Terms> terms;
    for (const std::string& phrase : phrases) terms.push_back(TermsOf(phrase, analyzer));
    std::string wrong = Violations(set, terms);
    if (!set.id.empty() && !ids.insert(set.id).second)
      absl::StrAppend(&wrong, wrong.empty() ? "" : ", ", "is there twice");
    if (!wrong.empty()) {
      violations.push_back(absl::StrCat("synonym set \"", set.id, "\" ", wrong));
      continue;
    }
    const size_t from_end = set.from.empty() ? phrases.size() : 1;
    for (size_t from = 0; from < from_end; ++from) {
      Rule rule{.set_id = set.id,
                .start_us = set.start_us,
                .end_us = set.end_us,
                .weight = set.weight,
                .alternatives = {},
                .phrases = {}};
      for (size_t to = 0; to < phrases.size(); ++to) {
        if (to == from || terms[to] == terms[from]) continue;
        rule.alternatives.push_back(terms[to]);
        rule.phrases.push_back(phrases[to]);
      }
      synonyms->longest_ = std::max(synonyms->longest_, terms[from].size());
      synonyms->by_phrase_[absl::StrJoin(terms[from], " ")].push_back(static_cast<uint32_t>(synonyms->rules_.size()));
      synonyms->rules_.push_back(std::move(rule));
    }
  }
  if (!violations.empty()) return absl::InvalidArgumentError(absl::StrJoin(violations, "; "));
  return synonyms;
}

std::vector<SynonymUse> Synonyms::Expand(absl::Span<const std::string> terms, int64_t now_us,
                                         std::vector<Slot>& slots) const {
  std::vector<SynonymUse> uses;
  for (size_t n = std::min(longest_, terms.size()); n > 0; --n) {
    for (size_t at = 0; at + n <= terms.size(); ++at) {
      const auto found = by_phrase_.find(absl::StrJoin(terms.subspan(at, n), " "));
      if (found == by_phrase_.end()) continue;
      for (uint32_t index : found->second) {
        const Rule& rule = rules_[index];
        if (now_us < rule.start_us || now_us >= rule.end_us) continue;
        for (size_t a = 0; a < rule.alternatives.size(); ++a) {
          bool added = false;
          for (size_t i = at; i < at + n; ++i) {
            if (slots[i].alternatives.size() >= kAlternativesMax || Has(slots[i], rule.alternatives[a])) continue;
            slots[i].alternatives.push_back({rule.alternatives[a], rule.weight});
            added = true;
          }
          if (added) uses.push_back({rule.set_id, at, n, rule.phrases[a]});
        }
      }
    }
  }
  return uses;
}

}  // namespace kontor::search
