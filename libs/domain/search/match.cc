#include "libs/domain/search/match.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/search/index_scoring.h"

namespace kontor::search {
namespace {

constexpr size_t kAhead = 8;  // documents whose terms are fetched early

void CheckTerms(absl::Span<const std::string> terms, const std::string& path, base::Violations& violations) {
  if (terms.empty() || terms.size() > kMaxPhraseTerms) {
    violations.Add(path, "PHRASE_LENGTH", absl::StrCat("needs between 1 and ", kMaxPhraseTerms, " terms"));
  }
  for (const std::string& term : terms) {
    if (term.empty()) violations.Add(path, "EMPTY_TERM", "a term must not be empty");
  }
}

void CheckWeight(float weight, const std::string& path, base::Violations& violations) {
  if (!(weight >= 0 && weight <= 1e6F)) violations.Add(path, "WEIGHT", "must be within 0 and 1e6");
}

// The numbers of the terms in a segment; empty when one is unknown there.
std::vector<uint32_t> Numbers(const Segment& segment, absl::Span<const std::string> terms) {
  std::vector<uint32_t> numbers;
  for (const std::string& term : terms) {
    const uint32_t number = segment.FindTerm(term);
    if (number == StringLookup::kNone) return {};
    numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

absl::Status Validate(const LexicalQuery& query) {
  base::Violations violations;
  if (query.slots.size() > kMaxSlots) violations.Add("slots", "TOO_MANY", absl::StrCat("at most ", kMaxSlots));
  for (size_t i = 0; i < query.slots.size(); ++i) {
    const std::string path = absl::StrCat("slots[", i, "]");
    const Slot& slot = query.slots[i];
    CheckWeight(slot.weight, path + ".weight", violations);
    if (slot.alternatives.empty() || slot.alternatives.size() > kMaxAlternatives) {
      violations.Add(path + ".alternatives", "COUNT", absl::StrCat("needs between 1 and ", kMaxAlternatives));
    }
    for (size_t j = 0; j < slot.alternatives.size(); ++j) {
      const std::string at = absl::StrCat(path, ".alternatives[", j, "]");
      CheckWeight(slot.alternatives[j].weight, at + ".weight", violations);
      CheckTerms(slot.alternatives[j].terms, at, violations);
    }
  }
  const auto check_list = [&](const std::vector<std::vector<std::string>>& list, const std::string& name) {
    if (list.size() > kMaxPhrases) violations.Add(name, "TOO_MANY", absl::StrCat("at most ", kMaxPhrases));
    for (size_t i = 0; i < list.size(); ++i) CheckTerms(list[i], absl::StrCat(name, "[", i, "]"), violations);
  };
  check_list(query.phrases, "phrases");
  check_list(query.excluded, "excluded");
  return violations.ToStatus();
}

PreparedQuery::PreparedQuery(const IndexView& view, const LexicalQuery& query,
                             absl::Span<const uint64_t> document_frequencies)
    : view_(&view) {
  for (const Slot& slot : query.slots) PrepareSlot(slot);
  for (size_t i = 0; i < std::min(slots_.size(), document_frequencies.size()); ++i) {
    SetFrequency(document_frequencies[i], slots_[i]);
  }
  allowed_.resize(view.parts().size());
  for (uint32_t part = 0; part < view.parts().size(); ++part) PrepareAllowed(part, query);
}

OwnedPostings* PreparedQuery::PhrasePostings(uint32_t part, absl::Span<const std::string> terms) {
  const Segment& segment = view_->segment(part);
  const std::vector<uint32_t> numbers = Numbers(segment, terms);
  if (numbers.empty()) return nullptr;
  std::vector<PostingList> lists;
  for (uint32_t number : numbers) lists.push_back(segment.Postings(number));
  std::sort(lists.begin(), lists.end(),
            [](const PostingList& a, const PostingList& b) { return a.docs.size() < b.docs.size(); });
  std::vector<uint32_t> candidates;
  std::vector<size_t> at(lists.size(), 0);
  for (uint32_t doc : lists.front().docs) {
    bool all = true;
    for (size_t i = 1; all && i < lists.size(); ++i) {
      if (lists[i].dense() && !TestBit(lists[i].bitmap, doc)) {
        all = false;
      } else if (!lists[i].dense()) {
        at[i] = lists[i].LowerBound(doc, at[i]);
        all = at[i] < lists[i].docs.size() && lists[i].docs[at[i]] == doc;
      }
    }
    if (all) candidates.push_back(doc);
  }
  auto postings = std::make_unique<OwnedPostings>();
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (i + kAhead < candidates.size()) {
      __builtin_prefetch(&segment.forward[segment.forward_begin[candidates[i + kAhead]]]);
    }
    const Frequencies frequencies = PhraseFrequencies(segment.Forward(candidates[i]), numbers);
    if (frequencies == 0) continue;
    postings->docs.push_back(candidates[i]);
    postings->frequencies.push_back(frequencies);
  }
  postings->MakeBlocks(segment.lengths);
  owned_.push_back(std::move(postings));
  return owned_.back().get();
}

void PreparedQuery::PrepareSlot(const Slot& slot) {
  PreparedSlot prepared;
  prepared.weight = slot.weight;
  prepared.required = slot.required;
  const size_t parts = view_->parts().size();
  prepared.choices.resize(parts);
  for (const Alternative& alternative : slot.alternatives) {
    uint64_t frequency = 0;
    for (uint32_t part = 0; part < parts; ++part) {
      PostingList list;
      if (alternative.terms.size() > 1) {
        if (const OwnedPostings* phrase = PhrasePostings(part, alternative.terms)) list = phrase->View();
      } else if (const uint32_t term = view_->segment(part).FindTerm(alternative.terms.front());
                 term != StringLookup::kNone) {
        list = view_->segment(part).Postings(term);
      }
      if (list.docs.empty()) continue;
      frequency += list.docs.size();
      prepared.choices[part].push_back({list, alternative.weight});
    }
    prepared.document_frequency = std::max(prepared.document_frequency, frequency);
  }
  SetFrequency(prepared.document_frequency, prepared);
  slots_.push_back(std::move(prepared));
}

void PreparedQuery::SetFrequency(uint64_t document_frequency, PreparedSlot& slot) const {
  slot.document_frequency = document_frequency;
  slot.idf = static_cast<float>(Idf(view_->documents(), document_frequency));
}

void PreparedQuery::PrepareAllowed(uint32_t part, const LexicalQuery& query) {
  if (query.phrases.empty() && query.excluded.empty()) return;
  const Segment& segment = view_->segment(part);
  const auto docs_with = [&](absl::Span<const std::string> terms) {
    Bits bits(WordsFor(segment.documents), 0);
    if (terms.size() > 1) {
      if (const OwnedPostings* phrase = PhrasePostings(part, terms)) phrase->View().OrInto(absl::MakeSpan(bits));
    } else if (const uint32_t term = segment.FindTerm(terms.front()); term != StringLookup::kNone) {
      segment.Postings(term).OrInto(absl::MakeSpan(bits));
    }
    return bits;
  };
  allowed_[part] = std::make_unique<Bits>(AllBits(segment.documents));
  for (const auto& phrase : query.phrases) AndInto(*allowed_[part], docs_with(phrase));
  for (const auto& excluded : query.excluded) AndNotInto(*allowed_[part], docs_with(excluded));
}

}  // namespace kontor::search
