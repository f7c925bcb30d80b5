#include "libs/domain/search/engine_prepare.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"

namespace kontor::search {
namespace {

CurationPlan PlanOf(const EngineParts& parts, const Question& question) {
  CurationPlan plan;
  plan.query = question.query;
  if (parts.curation == nullptr || question.verbatim) return plan;
  return parts.curation->Plan({question.query, question.category, question.segment, question.device, question.now_us});
}

Reading ReadingOf(const EngineParts& parts, const Question& question, const CurationPlan& plan) {
  if (question.reading != nullptr) return *question.reading;
  return question.verbatim ? ReadVerbatim(*parts.reading.analyzer, question.query)
                           : Read(parts.reading, plan.query, question.now_us);
}

// What rules do to products: hidden are those that no stronger rule pins.
void PinsAndHides(const EngineParts& parts, const CurationPlan& plan, std::vector<std::string>& pinned,
                  std::vector<std::string>& hidden) {
  absl::flat_hash_set<absl::string_view> seen;
  for (const uint32_t index : plan.rules) {
    for (const CurationAction& action : parts.curation->rules()[index].actions) {
      if (const auto* pin = std::get_if<PinProduct>(&action)) {
        seen.insert(pin->product_id);
        pinned.push_back(pin->product_id);
      }
      const auto* hide = std::get_if<HideProduct>(&action);
      if (hide != nullptr && !seen.contains(hide->product_id)) hidden.push_back(hide->product_id);
    }
  }
}

}  // namespace

bool Curated(const EngineParts& parts, const Question& question, const CurationPlan& plan) {
  return parts.curation != nullptr && !question.verbatim && !plan.rules.empty();
}

const Filter* NamedFilter(const EngineParts& parts, absl::string_view text) {
  if (parts.curation_filters == nullptr) return nullptr;
  const auto found = parts.curation_filters->find(text);
  return found == parts.curation_filters->end() ? nullptr : &found->second;
}

PreparedQuestion Prepare(const EngineParts& parts, const Question& question) {
  PreparedQuestion out;
  out.plan = PlanOf(parts, question);
  out.reading = ReadingOf(parts, question, out.plan);
  out.filters = question.filters;
  if (!question.category.empty()) {
    out.filters.push_back(Filter::AnyOf({Property::Kind::kCategory, ""}, {CategoryKey(question.category)}));
  }
  out.filters.insert(out.filters.end(), out.reading.filters.begin(), out.reading.filters.end());
  if (!Curated(parts, question, out.plan)) return out;
  for (const std::string& text : out.plan.filters) {
    if (const Filter* named = NamedFilter(parts, text)) out.filters.push_back(*named);
  }
  std::vector<std::string> hidden;
  PinsAndHides(parts, out.plan, out.pinned, hidden);
  if (!hidden.empty()) {
    out.filters.push_back(Filter::Not(Filter::AnyOf({Property::Kind::kId, ""}, std::move(hidden))));
  }
  return out;
}

QueryVectors VectorsOf(const EngineParts& parts, const Question& question, const Reading& reading) {
  QueryVectors vectors;
  const auto& slots = reading.understood.lexical.slots;
  if (question.effort == Effort::kLexical || question.verbatim || parts.meaning == nullptr) return vectors;
  if (slots.empty() || question.sort.has_value()) return vectors;
  std::vector<WeighedTerm> terms;
  for (const Slot& slot : slots) {
    if (!slot.alternatives.empty() && slot.alternatives[0].terms.size() == 1) {
      terms.push_back({slot.alternatives[0].terms[0], slot.weight});
    }
  }
  const Meaning& meaning = *parts.meaning;
  if (meaning.sentences != nullptr) {
    vectors.sentence.resize(meaning.sentences->dimensions());
    const absl::Status encoded =
        meaning.sentences->Encode({{reading.understood.text, terms}}, absl::MakeSpan(vectors.sentence));
    if (!encoded.ok()) vectors.sentence.clear();
  }
  if (meaning.catalogue != nullptr) {
    vectors.catalogue.resize(meaning.catalogue->dimensions());
    if (!meaning.catalogue->Encode(terms, absl::MakeSpan(vectors.catalogue)).ok()) vectors.catalogue.clear();
  }
  for (std::vector<float>* vector : {&vectors.sentence, &vectors.catalogue}) {
    if (std::all_of(vector->begin(), vector->end(), [](float x) { return x == 0; })) vector->clear();
  }
  return vectors;
}

absl::Status Validate(const Question& question) {
  base::Violations violations;
  const auto add = [&](absl::string_view field, const absl::Status& status) {
    if (status.ok()) return;
    const auto list = base::ErrorViolations(status);
    if (list.empty()) violations.Add(field, "INVALID", status.message());
    for (const base::Violation& violation : list) violations.Add(field, violation.reason, violation.description);
  };
  add("filters", Validate(question.filters));
  add("facets", Validate(question.facets));
  add("facets", Validate(question.ranges));
  if (question.sort.has_value()) add("sort", Validate(*question.sort, std::max<size_t>(question.page_size, 1)));
  if (!(question.max_relevance_loss >= 0 && question.max_relevance_loss <= 1)) {
    violations.Add("max_relevance_loss", "OUT_OF_RANGE", "give a share from 0 to 1");
  }
  if (question.page_size < 1 || question.page_size > kMaxPageSize) {
    violations.Add("page_size", "PAGE_SIZE_INVALID", absl::StrCat("give 1 to ", kMaxPageSize));
  }
  return violations.ToStatus();
}

}  // namespace kontor::search
