#include "services/search/experiments.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/search/interleave.h"
#include "libs/platform/fleet/event_time.h"
#include "services/search/relevance.h"

namespace kontor::search {
namespace {

using Assignment = v1::ExperimentAssignment;

constexpr size_t kPlacesTold = 64;

bool InForce(const v1::Experiment& experiment, absl::Time now) {
  return (!experiment.has_start_time() || fleet::TimeOf(experiment.start_time()) <= now) &&
         (!experiment.has_end_time() || now < fleet::TimeOf(experiment.end_time()));
}

// Within [0, 1).
double Lot(absl::string_view experiment, absl::string_view visitor) {
  return std::ldexp(static_cast<double>(base::StableHash(absl::StrCat(experiment, "\n", visitor)) >> 11), -53);
}

uint32_t NumberOf(DocRef doc, absl::flat_hash_map<uint64_t, uint32_t>& numbers, std::vector<Found>& documents,
                  const Found& found) {
  const uint64_t key = uint64_t{doc.segment} << 32 | doc.doc;
  const auto [number, added] = numbers.try_emplace(key, static_cast<uint32_t>(documents.size()));
  if (added) documents.push_back(found);
  return number->second;
}

// Puts the page that both make into the baseline's answer; both are answers from the first place on.
uint64_t Interleave(const Answer& candidate, size_t offset, size_t page_size, uint64_t seed, Answer& baseline) {
  absl::flat_hash_map<uint64_t, uint32_t> numbers;
  std::vector<Found> documents;
  std::vector<uint32_t> a, b;
  for (const Found& found : baseline.page) a.push_back(NumberOf(found.doc, numbers, documents, found));
  for (const Found& found : candidate.page) b.push_back(NumberOf(found.doc, numbers, documents, found));
  const Interleaved list = TeamDraft(a, b, offset + page_size, seed);
  baseline.page.clear();
  uint64_t places = 0;
  for (size_t i = offset; i < list.documents.size(); ++i) {
    if (list.teams[i] == Team::kB && i - offset < kPlacesTold) places |= uint64_t{1} << (i - offset);
    baseline.page.push_back(documents[list.documents[i]]);
  }
  return places;
}

}  // namespace

void CheckExperiment(const std::string& prefix, const v1::Experiment& experiment, base::Violations& violations) {
  const auto add = [&](absl::string_view field, absl::string_view reason, absl::string_view text) {
    violations.Add(absl::StrCat(prefix, field), reason, text);
  };
  if (!(experiment.share() > 0 && experiment.share() <= 1)) {
    add("share", "OUT_OF_RANGE", "give a share above 0, at most 1");
  }
  if (experiment.design() != v1::Experiment::DESIGN_SPLIT &&
      experiment.design() != v1::Experiment::DESIGN_INTERLEAVED) {
    add("design", "UNKNOWN_VALUE", "use SPLIT or INTERLEAVED");
  }
  if (experiment.has_start_time() && experiment.has_end_time() &&
      fleet::TimeOf(experiment.start_time()) >= fleet::TimeOf(experiment.end_time())) {
    add("end_time", "TIME_INVALID", "let it be after start_time");
  }
  CheckSettings(absl::StrCat(prefix, "candidate."), experiment.candidate(), violations);
  const v1::EngineSettings& candidate = experiment.candidate();
  const bool other_set = candidate.verbatim() || candidate.matching() != v1::MATCHING_UNSPECIFIED ||
                         candidate.effort() == v1::EFFORT_LEXICAL;
  if (experiment.design() == v1::Experiment::DESIGN_INTERLEAVED && other_set) {
    add("candidate", "CONTRADICTION",
        "interleaved rankings are of the same products: leave out matching, verbatim and lexical effort, or SPLIT");
  }
}

Assigned Assign(const std::vector<v1::Experiment>& experiments, absl::string_view visitor, absl::Time now) {
  if (visitor.empty()) return {};
  for (const v1::Experiment& experiment : experiments) {
    if (!InForce(experiment, now)) continue;
    const bool chosen = Lot(experiment.name(), visitor) < experiment.share();
    if (experiment.design() == v1::Experiment::DESIGN_SPLIT) {
      return {&experiment, chosen ? Assignment::SIDE_CANDIDATE : Assignment::SIDE_BASELINE};
    }
    return chosen ? Assigned{&experiment, Assignment::SIDE_BOTH} : Assigned{};
  }
  return {};
}

absl::StatusOr<AssignedAnswer> AskAs(const Assigned& assigned, absl::string_view visitor, const SearchEngine& engine,
                                     const EngineParts& parts, const EngineSettings& settings, const Question& question,
                                     absl::Time deadline) {
  const auto ask = [&](const EngineSettings& by, const Question& what,
                       const Assigned& whose) -> absl::StatusOr<AssignedAnswer> {
    ASSIGN_OR_RETURN(EngineAnswer answered, engine.Ask(parts, by, what, deadline));
    return AssignedAnswer{std::move(answered), whose};
  };
  if (assigned.experiment == nullptr || assigned.side == Assignment::SIDE_BASELINE) {
    return ask(settings, question, assigned);
  }
  EngineSettings other = settings;
  Question asked = question;
  ApplySettings(assigned.experiment->candidate(), other, asked);
  asked.effort = std::min(asked.effort, question.effort);  // what the caller's time pays for
  if (assigned.side == Assignment::SIDE_CANDIDATE) return ask(other, asked, assigned);
  const size_t offset = question.cursor.has_value() ? question.cursor->offset : 0;
  const bool by_relevance =
      !question.sort.has_value() && !question.query.empty() && !question.verbatim && !question.group_variants;
  if (!by_relevance || question.max_relevance_loss > 0 || offset + question.page_size > kMaxPageSize) {
    return ask(settings, question, {});
  }
  Question whole = question;
  whole.page_size = asked.page_size = offset + question.page_size;
  whole.cursor.reset();
  asked.cursor.reset();
  ASSIGN_OR_RETURN(AssignedAnswer out, ask(settings, whole, assigned));
  if (!out.answered.answer.plan.rules.empty()) return ask(settings, question, {});
  ASSIGN_OR_RETURN(const EngineAnswer candidate, engine.Ask(parts, other, asked, deadline));
  if (candidate.view != out.answered.view) return ask(settings, question, {});
  const uint64_t seed =
      base::StableHash(absl::StrCat(assigned.experiment->name(), "\n", visitor, "\n", question.query));
  out.candidate_places = Interleave(candidate.answer, offset, question.page_size, seed, out.answered.answer);
  return out;
}

}  // namespace kontor::search
