/** General talk: what a microphone hears that is meant for nobody's house. Written for this project. */
export const TALK: readonly string[] = `did you see the game last night
i think we should leave around nine
she said the meeting was moved to thursday
can you pass me the salt
the weather is supposed to get better this weekend
my brother bought a new car last month
we ran out of milk again
have you finished your homework yet
i don't know what to cook for dinner
the neighbours are having a party tomorrow
how was your day at school
that movie was way too long
he never answers his phone
let's meet at the station at half past six
i need to call my mother back
the dog wants to go out
turn on the news
what a terrible traffic jam this morning
i have been waiting for an hour
could you help me carry this upstairs
the train was late as usual
our flight leaves at seven in the morning
please remember to buy bread
i forgot my keys at the office
you should see a doctor about that
the kids are playing in the garden
she is reading a book about roman history
we could go to the beach on sunday
my back hurts from sitting all day
do you want another cup of tea
it was nice talking to you
the president gave a speech about the economy
police are looking for two men after a robbery
the stock market fell sharply on monday
scientists have found water on a distant planet
in sports the home team won three to one
and now the forecast for the coming days
this programme was brought to you by our sponsors
buy one get one free at your local store
call now and save fifty percent
once upon a time there was a little princess
and they lived happily ever after
to be or not to be that is the question
i have a dream that one day
two plus two equals four
how much does a plane ticket to madrid cost
who won the election in nineteen ninety two
what is the capital of australia
tell me a joke
sing me a song about the sea
happy birthday to you
i love you more than anything
stop hitting your sister
close your mouth when you eat
open your books at page forty
turn left at the next corner
switch sides with your partner
set the table please dinner is ready
put the dishes in the sink
clean up your room before grandma comes
lock your bike when you go inside
start your engines gentlemen
raise your hand if you know the answer
lower your voice the baby is sleeping
he opened the letter with trembling hands
the lights of the city could be seen from the hill
she turned off the highway and stopped
they locked him in a dark cell for a week
the fan club meets every second friday
my heating bill was enormous this winter
the curtain falls at the end of the third act
television was better when i was young
there is a light at the end of the tunnel
he is a big fan of that band
it cost me an arm and a leg
the door to the future is open
music was playing in the distance
i heard a noise in the kitchen
nobody lives in the house next door anymore
what time does the shop close today
the garage said my car will be ready on friday
her bedroom eyes and her golden hair
you light up my life
do not stand so close to me
every breath you take
we all need somebody to lean on
the answer is blowing in the wind
where did you put my glasses
i am so tired of this job
my boss wants the report by noon
did you hear what happened to susan
our internet has been down since yesterday
the soup needs a little more pepper
he scored in the last minute of the match
remind your father about the dentist
how do you spell necessary
my phone battery is always empty
the coffee here tastes like water
winter is coming early this year
i will be there in ten minutes
no i have never been to paris
that is exactly what i told him`.split('\n')
