#include "services/recommendations/training_outcomes.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "kontor/recommendations/v1/recommendation_service.pb.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/recommend.h"
#include "services/recommendations/translated_context.h"

namespace kontor::recommendations {
namespace {

constexpr int64_t kMostAnswers = 10'000;
constexpr size_t kMostOfOne = 20;

struct ShownPlace {
  std::string product;
  int place = 1;
  std::array<bool, kOutcomes> outcome{};
};

struct ShownAnswer {
  uint32_t user = 0;
  int64_t time_seconds = 0;
  Task task = Task::kNextBasket;
  std::vector<ShownPlace> places;
};

// Users of the history by the hash of their token.
class Users {
 public:
  explicit Users(const std::vector<uint64_t>& persons) {
    for (uint32_t user = 0; user < persons.size(); ++user) {
      if (persons[user] != 0) users_.emplace(persons[user], user);
    }
  }
  uint32_t Find(absl::string_view subject) const {
    const auto found = users_.find(base::StableHash(subject));
    return found == users_.end() ? kNone : found->second;
  }

 private:
  absl::flat_hash_map<uint64_t, uint32_t> users_;
};

// Oldest first.
absl::StatusOr<std::vector<ShownAnswer>> ReadAnswers(postgres::Pool& pool, const std::string& shop, int64_t version,
                                                     const Users& users) {
  postgres::Params params;
  params.Text(shop).Int64(version).Int64(v1::PLACEMENT_FOR_YOU).Int64(v1::PLACEMENT_BASKET).Int64(kMostAnswers);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool.Exec("WITH newest AS (SELECT answer_id, subject, answered_at, placement FROM "
                "recommendations.outcomes WHERE shop = $1 AND model_version = $2 AND "
                "placement IN ($3::int2, $4::int2) AND subject <> '' "
                "ORDER BY shown_at DESC, answer_id LIMIT $5) "
                "SELECT n.answer_id, n.subject, n.answered_at, n.placement, p.product, p.place, p.clicked, "
                "p.carted, p.bought FROM newest AS n JOIN recommendations.outcome_places AS p "
                "ON p.shop = $1 AND p.answer_id = n.answer_id "
                "ORDER BY n.answered_at, n.answer_id, p.place",
                params));
  std::vector<ShownAnswer> answers;
  int64_t last = 0;
  for (int r = 0; r < rows.rows(); ++r) {
    if (r == 0 || rows.Int64(r, 0) != last) {
      last = rows.Int64(r, 0);
      const bool basket = rows.Int64(r, 3) == v1::PLACEMENT_BASKET;
      answers.push_back({users.Find(rows.Text(r, 1)),
                         absl::ToUnixSeconds(rows.Time(r, 2)),
                         basket ? Task::kCompleteBasket : Task::kNextBasket,
                         {}});
    }
    answers.back().places.push_back({std::string(rows.Text(r, 4)),
                                     static_cast<int>(rows.Int64(r, 5)),
                                     {rows.Bool(r, 6), rows.Bool(r, 7), rows.Bool(r, 8)}});
  }
  answers.erase(
      std::remove_if(answers.begin(), answers.end(), [](const ShownAnswer& one) { return one.user == kNone; }),
      answers.end());
  return answers;
}

// The session before each answer; those that are too many of one person lose their places.
std::vector<std::vector<Seed>> SessionsBefore(const Visits& visits, std::vector<ShownAnswer>& answers) {
  std::vector<std::vector<size_t>> rounds(kMostOfOne);  // of every person at most one answer
  absl::flat_hash_map<uint32_t, size_t> counts;
  for (size_t i = answers.size(); i-- > 0;) {
    const size_t count = counts[answers[i].user]++;
    if (count < kMostOfOne) {
      rounds[count].push_back(i);
    } else {
      answers[i].places.clear();
    }
  }
  std::vector<std::vector<Seed>> sessions(answers.size());
  for (const std::vector<size_t>& round : rounds) {
    if (round.empty()) break;
    std::vector<Example> examples;
    for (const size_t i : round) examples.push_back({answers[i].user, kNone, answers[i].time_seconds, {}});
    GiveSessions(visits, absl::MakeSpan(examples));
    for (size_t k = 0; k < round.size(); ++k) sessions[round[k]] = std::move(examples[k].session);
  }
  return sessions;
}

int64_t PriceOf(const ItemFact& fact, int64_t now_seconds) {
  for (const ItemPrice& price : fact.prices) {
    if (now_seconds < price.valid_until_seconds) return price.price;
  }
  return 0;
}

// Asks the model again what it was asked then.
class Asker {
 public:
  Asker(const Model& model, const TrainingData& data, const CatalogueView& catalogue, ShownTable& table)
      : model_(model),
        data_(data),
        catalogue_(catalogue),
        table_(table),
        baskets_(Baskets::FromHistory(data.history, data.catalogue.products.size())),
        translator_(model, data.catalogue) {}

  void Add(const ShownAnswer& answer, absl::Span<const Seed> session) {
    UserContext asked;
    asked.person = data_.persons[answer.user];
    std::vector<PastBasket> past = baskets_.PastOf(answer.user);
    past.erase(std::remove_if(past.begin(), past.end(),
                              [&](const PastBasket& one) { return one.time_seconds >= answer.time_seconds; }),
               past.end());
    asked.baskets = past;
    asked.session = session;
    asked.context = PlaceOf(answer);
    asked.now_seconds = answer.time_seconds;
    translator_.Translate(asked, translated_);
    const Profile profile(translated_.context, model_.items());
    Request request;
    request.task = answer.task;
    CollectCandidates(model_, profile, {}, NominationsFor(request.limit), candidates_);
    const std::vector<Scored> scored = ScoreFor(model_, request, profile, candidates_);
    absl::flat_hash_map<ItemId, const Scored*> by_item;
    for (const Scored& one : scored) by_item.emplace(one.item, &one);
    for (const ShownPlace& place : answer.places) {
      const auto item = model_.catalogue().products.Find(place.product);
      const auto found = item ? by_item.find(*item) : by_item.end();
      if (found == by_item.end()) continue;
      const Scored& one = *found->second;
      AppendShown(model_.ranker(), RankContext(profile),
                  {candidates_.bought(one.row), candidates_.row(one.row), one.score,
                   PriceOf(catalogue_.FactOf(place.product), answer.time_seconds), place.place},
                  table_.values);
      table_.outcomes.push_back(place.outcome);
    }
    ++table_.answers;
  }

 private:
  // That of the newest order before.
  ContextId PlaceOf(const ShownAnswer& answer) const {
    const history::Range range = baskets_.OfUser(answer.user);
    for (uint32_t basket = range.end; basket-- > range.begin;) {
      if (baskets_.At(basket).time_seconds < answer.time_seconds) return baskets_.At(basket).context;
    }
    return kNone;
  }

  const Model& model_;
  const TrainingData& data_;
  const CatalogueView& catalogue_;
  ShownTable& table_;
  const Baskets baskets_;
  const ContextTranslator translator_;
  ContextTranslator::Translated translated_;
  Candidates candidates_;
};

}  // namespace

absl::StatusOr<ShownTable> ReadShown(postgres::Pool& pool, const std::string& shop, const ServedModel& served,
                                     const TrainingData& data, const CatalogueView& catalogue,
                                     const CancelFunction& cancelled) {
  ASSIGN_OR_RETURN(std::vector<ShownAnswer> answers,
                   ReadAnswers(pool, shop, served.info().version, Users(data.persons)));
  const std::vector<std::vector<Seed>> sessions = SessionsBefore(data.visits, answers);
  ShownTable table;
  table.columns = ShownColumns(served.model().ranker());
  Asker asker(served.model(), data, catalogue, table);
  for (size_t i = 0; i < answers.size(); ++i) {
    if (cancelled()) return absl::CancelledError("the training was cancelled");
    if (!answers[i].places.empty()) asker.Add(answers[i], sessions[i]);
  }
  return table;
}

}  // namespace kontor::recommendations
