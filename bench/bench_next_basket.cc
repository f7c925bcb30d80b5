// Next basket: each customer's last basket is held out, everything before it trains. Accuracy of the whole recommender
// and of each source beside plain peers, and what training, loading and an answer cost.
//
//   bench_next_basket [--data FILE] [--format online-retail|complete-journey] [--threads N] [--quick]
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/figures.h"
#include "bench/next_basket_data.h"
#include "libs/base/status.h"
#include "libs/domain/recommendations/evaluation.h"
#include "libs/domain/recommendations/model_io.h"
#include "libs/domain/recommendations/recommend.h"
#include "libs/domain/recommendations/train.h"

namespace kontor::bench {
namespace {

using namespace recommendations;  // NOLINT: a program

constexpr int kPlaces = 10;

struct Options {
  std::string data;
  DataFormat format = DataFormat::kOnlineRetail;
  int threads = 1;
  bool quick = false;
};

// The peers' figures on online-retail (TIFU-KNN 7 groups, rb .9, rg .9, k 100, alpha .2; UP-CF@5 q 5, alpha .75, k 300;
// numpy, same split and metrics).
struct Reference {
  double recall, ndcg;
};
constexpr Reference kPopularity{.0370, .0677}, kOwnThenPopular{.1919, .2785}, kTifuKnn{.1948, .2863};

// CPU seconds of the process: unlike wall time they hardly depend on what else the machine does.
double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

absl::StatusOr<Options> ReadOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const std::string value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--quick") {
      options.quick = true;
      continue;
    }
    ++i;
    if (name == "--data") {
      options.data = value;
    } else if (name == "--format" && (value == "online-retail" || value == "complete-journey")) {
      options.format = value == "online-retail" ? DataFormat::kOnlineRetail : DataFormat::kCompleteJourney;
    } else if (name != "--threads" || !absl::SimpleAtoi(value, &options.threads) || options.threads < 1) {
      return absl::InvalidArgumentError(
          "usage: bench_next_basket [--data FILE] [--format online-retail|complete-journey] [--threads N] [--quick]");
    }
  }
  if (options.data.empty()) {
    const char* folder = std::getenv("KONTOR_DATA_DIR");
    options.data =
        options.format == DataFormat::kCompleteJourney
            ? "var/data/complete-journey/transactions.csv"
            : absl::StrCat(folder != nullptr ? folder : "../shared/data", "/online-retail/online_retail.csv");
  }
  return options;
}

// The history without what is held out, as TrainModel takes it.
history::History TrainingHistory(const Baskets& train) {
  history::HistoryBuilder builder;
  builder.Reserve(train.lines());
  for (uint32_t user = 0; user < train.users(); ++user) {
    for (uint32_t i = train.OfUser(user).begin; i < train.OfUser(user).end; ++i) {
      const Basket basket = train.At(i);
      for (ItemId item : basket.items) {
        builder.Add(
            {.user = user, .item = item, .basket = i, .time_seconds = basket.time_seconds, .context = basket.context});
      }
    }
  }
  return std::move(builder).Build();
}

std::vector<ItemId> Items(const std::vector<Recommendation>& answer) {
  std::vector<ItemId> items;
  for (const Recommendation& one : answer) items.push_back(one.item);
  return items;
}

class Bench {
 public:
  Bench(const Options& options, ShopHistory shop)
      : options_(options),
        shop_(std::move(shop)),
        hold_out_(HoldOutLast(Baskets::FromHistory(shop_.history, shop_.catalogue.products.size()))),
        examples_(hold_out_.examples) {
    if (options.quick && examples_.size() > kQuickExamples) examples_ = examples_.subspan(0, kQuickExamples);
  }

  absl::Status Run() {
    Describe();
    Add("rows", static_cast<double>(shop_.rows), "rows");
    Add("customers_tested", static_cast<double>(examples_.size()), "customers");
    RETURN_IF_ERROR(Train());
    Model();
    Peers();
    Sources();
    Weights();
    RETURN_IF_ERROR(Serving());
    return WriteFigures(figures_, {options_.data});
  }

 private:
  static constexpr size_t kQuickExamples = 500;

  void Add(const std::string& name, double value, const std::string& unit,
           std::optional<double> reference = std::nullopt, const std::string& note = "") {
    figures_.push_back({name, value, unit, reference, note});
  }

  void Describe() const {
    std::cout << absl::StrFormat("%s: %d rows, %d products, %d customers, %d of them tested%s\n", options_.data,
                                 shop_.rows, shop_.catalogue.products.size(), shop_.history.users(), examples_.size(),
                                 options_.quick ? " (--quick)" : "");
  }

  absl::Status Train() {
    const history::History history = TrainingHistory(hold_out_.train);
    std::vector<uint64_t> persons = shop_.persons;
    persons.resize(history.users());
    TrainOptions options;
    options.threads = options_.threads;
    const double start = CpuSeconds();
    ASSIGN_OR_RETURN(model_, TrainModel(history, shop_.catalogue, persons, options));
    Add("train_cpu_seconds", CpuSeconds() - start, "s", std::nullopt,
        absl::StrCat("sources twice and weights, ", options_.threads, " threads"));
    const double item_item = CpuSeconds();
    options.together.threads = options_.threads;
    ItemItem::Train(hold_out_.train, options.together);
    Add("train_cpu_seconds/item_item", CpuSeconds() - item_item, "s");
    return absl::OkStatus();
  }

  NextBasketMetrics Evaluate(Recommender recommend) const {
    return EvaluateNextBasket(hold_out_, examples_, shop_.persons, kPlaces, recommend);
  }

  void AddMetrics(const std::string& suffix, const NextBasketMetrics& metrics, std::optional<Reference> reference,
                  const std::string& note) {
    const bool comparable = options_.format == DataFormat::kOnlineRetail && !options_.quick && reference.has_value();
    const auto against = [&](double value) { return comparable ? std::optional<double>(value) : std::nullopt; };
    const Reference peer = reference.value_or(Reference{});
    Add("recall_at_10" + suffix, metrics.all.recall, "share", against(peer.recall), note);
    Add("ndcg_at_10" + suffix, metrics.all.ndcg, "share", against(peer.ndcg), note);
    Add("recall_at_10_new" + suffix, metrics.new_products.recall, "share");
    Add("ndcg_at_10_new" + suffix, metrics.new_products.ndcg, "share");
  }

  void Model() {
    const auto metrics = Evaluate([&](const Example&, const UserContext& context, BoughtItems bought) {
      return Items(Recommend(*model_, context, {.limit = kPlaces, .bought = bought, .explain = false}));
    });
    AddMetrics("", metrics, kTifuKnn, "reference: TIFU-KNN, the best peer");
    Add("recall_at_10/validation", model_->metrics.recall_at_10, "share", std::nullopt,
        "last but one basket, two-fold");
    Add("ndcg_at_10/validation", model_->metrics.ndcg_at_10, "share");
    Add("recall_at_10_new/validation", model_->metrics.recall_at_10_new, "share");
  }

  void Peers() {
    const FrequencyPeer peer(hold_out_.train);
    const auto evaluate = [&](FrequencyPeer::By by) {
      return Evaluate([&](const Example&, const UserContext& context, BoughtItems bought) {
        return peer.Top(by, context, bought, kPlaces);
      });
    };
    AddMetrics("/popularity", evaluate(FrequencyPeer::By::kPopularity), kPopularity, "reference: the peers' script");
    AddMetrics("/own_frequency", evaluate(FrequencyPeer::By::kOwnThenPopularity), kOwnThenPopular,
               "then popularity; reference: GP-TopFreq");
  }

  // What was fitted, without the baskets that are tested; DefaultRanker has these of online-retail.
  void Weights() {
    const Ranker& ranker = model_->ranker();
    const char* tasks[kTasks] = {"next_basket", "new_products", "complete_basket", "stranger"};
    for (size_t task = 0; task < kTasks; ++task) {
      const absl::Span<const float> weights = ranker.weights(static_cast<Task>(task));
      for (size_t i = 0; i < weights.size(); ++i) {
        if (weights[i] == 0) continue;
        const bool bought = i >= ranker.signals().size();
        const auto& signal = ranker.signals()[bought ? i - ranker.signals().size() : i];
        Add(absl::StrCat("weight/", tasks[task], bought ? "/bought/" : "/other/", signal.name), weights[i], "weight");
      }
    }
  }

  // One signal at a time; what is popular decides among equals.
  void Sources() {
    const std::vector<Signal> signals = model_->Signals();
    for (const char* name : {"bought_rate", "together", "together_now", "same_customers", "neighbours", "trend"}) {
      Ranker ranker(signals);
      std::vector<float> weights(2 * signals.size(), 0);
      for (size_t i = 0; i < signals.size(); ++i) {
        if (signals[i].name == name) weights[i] = weights[signals.size() + i] = 1;
        if (signals[i].name == "popular") weights[i] = weights[signals.size() + i] = 1e-4F;
      }
      for (size_t task = 0; task < kTasks; ++task) ranker.SetWeights(static_cast<Task>(task), weights);
      const auto metrics = Evaluate([&](const Example&, const UserContext& context, BoughtItems bought) {
        return Items(
            Recommend(*model_, context, {.limit = kPlaces, .bought = bought, .explain = false, .ranker = &ranker}));
      });
      AddMetrics(absl::StrCat("/", name), metrics, std::nullopt, "");
    }
  }

  absl::Status Serving() {
    const std::string bytes = SaveModel(*model_);
    Add("model_mib", static_cast<double>(bytes.size()) / (1 << 20), "MiB");
    const double loading = CpuSeconds();
    ASSIGN_OR_RETURN(const auto loaded, LoadModel(bytes));
    Add("load_cpu_seconds", CpuSeconds() - loading, "s");
    for (const bool explain : {false, true}) {
      double seconds = 0;
      for (const Example& example : examples_) {
        const ExampleContext known(hold_out_, example, shop_.persons);
        const double start = CpuSeconds();
        Recommend(*loaded, known.context(), {.limit = kPlaces, .explain = explain});
        seconds += CpuSeconds() - start;
      }
      Add(explain ? "recommend_cpu_ms/with_reasons" : "recommend_cpu_ms",
          1e3 * seconds / static_cast<double>(examples_.size()), "ms", std::nullopt,
          "mean, whole histories, one thread");
    }
    return absl::OkStatus();
  }

  Options options_;
  ShopHistory shop_;
  HoldOut hold_out_;
  absl::Span<const Example> examples_;
  std::shared_ptr<recommendations::Model> model_;
  std::vector<Figure> figures_;
};

absl::Status Main(int argc, char** argv) {
  ASSIGN_OR_RETURN(const Options options, ReadOptions(argc, argv));
  ASSIGN_OR_RETURN(ShopHistory shop, ReadShop(options.data, options.format));
  return Bench(options, std::move(shop)).Run();
}

}  // namespace
}  // namespace kontor::bench

int main(int argc, char** argv) {
  const absl::Status status = kontor::bench::Main(argc, argv);
  if (!status.ok()) std::cerr << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
