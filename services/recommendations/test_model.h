#pragma once

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/train.h"
#include "services/recommendations/serving_models.h"
#include "services/recommendations/training_data.h"

// A small shop with known habits, for tests. Half of the people drink tea (TEA, CUP, often MILK), half wash (SOAP,
// BRUSH, often TOWEL); the first live in France, the others in Spain; now and then somebody buys a LAMP.
namespace kontor::recommendations {

inline std::vector<std::string> HabitualBasket(bool tea, base::Random& random) {
  std::vector<std::string> products =
      tea ? std::vector<std::string>{"TEA", "CUP"} : std::vector<std::string>{"SOAP", "BRUSH"};
  if (random.Chance(0.6)) products.push_back(tea ? "MILK" : "TOWEL");
  if (random.Chance(0.1)) products.push_back("LAMP");
  return products;
}

inline TrainingData SmallShop(int customers = 200, int baskets = 4) {
  TrainingData data;
  for (const char* country : {"France", "Spain"}) {
    data.catalogue.contexts.Intern(CountryContext(country));
    data.catalogue.context_parents.push_back(kNone);
  }
  base::Random random(7);
  history::HistoryBuilder builder;
  for (int c = 0; c < customers; ++c) {
    const bool tea = c % 2 == 0;
    data.persons.push_back(static_cast<uint64_t>(c) + 1);
    for (int b = 0; b < baskets; ++b) {
      history::Row row;
      row.user = static_cast<uint32_t>(c);
      row.basket = static_cast<uint32_t>(data.baskets++);
      row.time_seconds = 1'320'000'000 + 86'400 * b + c;
      row.context = tea ? 0 : 1;
      for (const std::string& product : HabitualBasket(tea, random)) {
        row.item = data.catalogue.products.Intern(product);
        builder.Add(row);
      }
    }
  }
  data.customers = customers;
  data.history = std::move(builder).Build();
  for (uint32_t item = 0; item < data.catalogue.products.size(); ++item) {
    const absl::string_view product = data.catalogue.products.At(item);
    const bool kitchen = product == "TEA" || product == "CUP" || product == "MILK";
    data.catalogue.product_categories.push_back(data.catalogue.categories.Intern(kitchen             ? "KITCHEN"
                                                                                 : product == "LAMP" ? "LIGHT"
                                                                                                     : "BATH"));
  }
  return data;
}

// Every signal counts the same, so that answers depend on no fit.
inline std::shared_ptr<const ServedModel> SmallModel() {
  const TrainingData data = SmallShop();
  absl::StatusOr<std::shared_ptr<Model>> model = TrainModel(data.history, data.catalogue, data.persons, {});
  if (!model.ok()) std::abort();
  Ranker ranker((*model)->Signals());
  for (size_t task = 0; task < kTasks; ++task) {
    ranker.SetWeights(static_cast<Task>(task), std::vector<float>(2 * ranker.signals().size(), 1));
  }
  (*model)->set_ranker(std::move(ranker));
  registry::ModelInfo info;
  info.version = 3;
  return std::make_shared<const ServedModel>(*model, info, 3);
}

}  // namespace kontor::recommendations
