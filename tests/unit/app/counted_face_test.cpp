// Goal: each answer is counted once under its class, whenever it comes. Method: a face that the test answers for.
#include <stdexcept>

#include <catch2/catch.hpp>

#include "server/app/counted_face.hpp"

using namespace muster;

namespace {

class Face final : public api::Handler {
 public:
  void handle(const api::Request&, api::Responder& responder) override {
    if (fails) throw std::runtime_error("told by the test");
    waiting.push_back(&responder);
  }
  void answer(unsigned status) {
    api::Responder* first = waiting.front();
    waiting.erase(waiting.begin());
    api::Response response;
    response.status = status;
    first->respond(std::move(response));
  }
  std::vector<api::Responder*> waiting;
  bool fails = false;
};

class Session final : public api::Responder {
 public:
  void respond(api::Response response) override {
    statuses.push_back(response.status);
    if (next) std::exchange(next, nullptr)();
  }
  std::vector<unsigned> statuses;
  std::function<void()> next;  ///< what the session does once it has answered
};

}  // namespace

TEST_CASE("answers are counted by class and reach their session") {
  Face face;
  app::CountedFace counted(face);
  Session a, b;
  counted.handle({}, a);
  counted.handle({}, b);
  face.answer(204);
  face.answer(404);
  CHECK(a.statuses == std::vector<unsigned>{204});
  CHECK(b.statuses == std::vector<unsigned>{404});
  CHECK(counted.counts()[2] == 1);
  CHECK(counted.counts()[4] == 1);
}

TEST_CASE("a session may hand over its next request while it is answered") {
  Face face;
  app::CountedFace counted(face);
  Session session;
  session.next = [&] { counted.handle({}, session); };
  counted.handle({}, session);
  face.answer(200);
  REQUIRE(face.waiting.size() == 1);
  face.answer(200);
  CHECK(session.statuses.size() == 2);
  CHECK(counted.counts()[2] == 2);
}

TEST_CASE("a face that throws counts as 500 and the exception goes on to the session") {
  Face face;
  app::CountedFace counted(face);
  Session session;
  face.fails = true;
  CHECK_THROWS_AS(counted.handle({}, session), std::runtime_error);
  CHECK(counted.counts()[5] == 1);
  face.fails = false;
  counted.handle({}, session);
  face.answer(200);
  CHECK(session.statuses == std::vector<unsigned>{200});
}
