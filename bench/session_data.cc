#include "bench/session_data.h"

#include <algorithm>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "libs/base/random.h"
#include "libs/domain/history/interner.h"

namespace kontor::bench {
namespace {

using recommendations::kNone;

// Calls take(line) for every line that is not empty.
template <typename F>
absl::Status ForEachLine(const std::string& path, F take) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty() && !take(line)) {
      return absl::InvalidArgumentError(absl::StrCat(path, ":", number, ": expected items, TAB, the next item"));
    }
  }
  return absl::OkStatus();
}

std::vector<absl::string_view> Words(absl::string_view text) { return absl::StrSplit(text, ' ', absl::SkipEmpty()); }

}  // namespace

absl::StatusOr<SessionData> ReadSessions(const SessionFiles& files) {
  history::Interner items;
  std::vector<std::vector<ItemId>> sessions;
  const absl::Status train = ForEachLine(files.train, [&](const std::string& line) {
    std::vector<ItemId>& session = sessions.emplace_back();
    for (absl::string_view word : Words(line)) session.push_back(items.Intern(word));
    return true;
  });
  if (!train.ok()) return train;
  SessionData data;
  data.train = Sessions(items.size());
  for (const auto& session : sessions) data.train.Add(session);
  const absl::Status test = ForEachLine(files.test, [&](const std::string& line) {
    const std::vector<absl::string_view> parts = absl::StrSplit(line, '\t');
    if (parts.size() != 2) return false;
    SessionQuestion& question = data.test.emplace_back();
    for (absl::string_view word : Words(parts[0])) {
      if (const auto item = items.Find(word)) question.prefix.push_back(*item);
    }
    question.target = items.Find(parts[1]).value_or(kNone);
    return true;
  });
  if (!test.ok()) return test;
  return data;
}

SessionSplit SplitForValidation(const Sessions& sessions, size_t limit, uint64_t seed) {
  SessionSplit out;
  out.earlier = Sessions(sessions.item_count());
  std::vector<bool> met(sessions.item_count(), false);
  const uint32_t cut = sessions.size() - sessions.size() / 10;
  for (uint32_t session = 0; session < cut; ++session) {
    out.earlier.Add(sessions.Of(session));
    for (ItemId item : sessions.Of(session)) met[item] = true;
  }
  for (uint32_t session = cut; session < sessions.size(); ++session) {
    const absl::Span<const ItemId> items = sessions.Of(session);
    for (size_t i = 1; i < items.size() && met[items[i - 1]]; ++i) {
      if (met[items[i]]) out.questions.push_back({{items.begin(), items.begin() + static_cast<int64_t>(i)}, items[i]});
    }
  }
  base::Random random(seed);
  for (size_t i = 0; i < std::min(limit, out.questions.size()); ++i) {
    std::swap(out.questions[i], out.questions[i + random.Below(out.questions.size() - i)]);
  }
  if (out.questions.size() > limit) out.questions.resize(limit);
  return out;
}

SessionMetrics EvaluateSessions(const std::vector<SessionQuestion>& questions,
                                absl::FunctionRef<void(const SessionQuestion&, std::vector<ItemId>&)> answer) {
  constexpr size_t kPlaces = 20;
  SessionMetrics sum;
  std::vector<ItemId> top;
  for (const SessionQuestion& question : questions) {
    answer(question, top);
    const auto end = top.begin() + static_cast<int64_t>(std::min(top.size(), kPlaces));
    const auto found = std::find(top.begin(), end, question.target);
    if (question.target == kNone || found == end) continue;
    ++sum.p_at_20;
    sum.mrr_at_20 += 1 / static_cast<double>(found - top.begin() + 1);
  }
  const double percent = 100 / std::max<double>(1, static_cast<double>(questions.size()));
  return {sum.p_at_20 * percent, sum.mrr_at_20 * percent};
}

}  // namespace kontor::bench
